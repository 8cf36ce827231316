-- The model that a run used, as its call names it and then as its response does; why the model stopped.
alter table run add column model varchar(200);
alter table run add column finish_reason varchar(100);
