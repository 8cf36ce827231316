insert into thread (owner, id, agent, archived, last_ordinal, created_at, updated_at)
values ('named', 'thread_${n}', null, false, 1, current_timestamp, current_timestamp);
insert into thread_name (owner, thread_id) values ('named', 'thread_${n}') on conflict do nothing;
delete from thread_name where owner = 'named' and thread_id = 'thread_${n}';
