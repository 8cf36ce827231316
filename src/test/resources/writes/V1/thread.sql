insert into thread (owner, id, agent, archived, last_ordinal, created_at, updated_at)
values ('reader', 'thread_${n}', null, false, 0, current_timestamp, current_timestamp) on conflict do nothing;
update thread set title = 'title', archived = coalesce(true, archived) where owner = 'reader' and id = 'thread_${n}';
delete from thread where owner = 'reader' and id = 'thread_${n}';
