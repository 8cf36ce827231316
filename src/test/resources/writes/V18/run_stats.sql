insert into run_stats (run_pk, content, in_months, in_overall) values (${n}, cast('x' as bytea), true, true);
update run_stats set in_overall = true where run_pk = ${n};
delete from run_stats where run_pk = ${n};
