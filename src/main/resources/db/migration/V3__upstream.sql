-- The name of the agent API that a run called; those from before there were several called the one without a prefix.
alter table run add column upstream varchar(32) default 'default' not null;
