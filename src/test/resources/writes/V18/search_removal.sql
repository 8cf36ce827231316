insert into search_removal (run_pk, owner, removed_at) values (${n}, 'owner', current_timestamp);
delete from search_removal where run_pk = ${n};
