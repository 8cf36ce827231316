-- When the head of the response came, in microseconds after created_at; absent of older runs, and where none came.
alter table run add column head_us bigint;
