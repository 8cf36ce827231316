insert into run_fact (run_pk, owner_key, created_us, completed_us, duration_ms, total_tokens, in_segment) values (${n}, ${n}, 1767225600000000, 1767225605000000, 5000, null, false);
update run_fact set in_segment = true where run_pk = ${n};
delete from run_fact where run_pk = ${n};
