insert into ticket (hash, owner, run_pk, thread_id, expires_at)
values ('hash_${n}', 'owner', ${n}, null, current_timestamp + interval '1' minute);
update ticket set used_at = current_timestamp where hash = 'hash_${n}' and used_at is null;
delete from ticket where hash = 'hash_${n}';
