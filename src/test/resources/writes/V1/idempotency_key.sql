insert into idempotency_key (owner, id, request_hash, run_pk, expires_at)
select 'owner', 'key_${n}', 'hash', ${n}, current_timestamp + interval '1' second * cast(9 as bigint)
on conflict do nothing;
delete from idempotency_key where owner = 'owner' and id = 'key_${n}';
