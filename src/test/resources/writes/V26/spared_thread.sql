insert into spared_thread (owner, thread_id) values ('spared', 'thread_${n}') on conflict do nothing;
delete from spared_thread where owner = 'spared' and thread_id = 'thread_${n}';
