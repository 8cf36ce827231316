insert into run_stats (run_pk, content, in_months) values (${n}, cast('x' as bytea), true);
update run_stats set in_months = true where run_pk = ${n};
delete from run_stats where run_pk = ${n};
