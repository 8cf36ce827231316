insert into run_stats (run_pk, content, in_months, in_overall, in_labels) values (${n}, cast('x' as bytea), true, true, true);
update run_stats set in_labels = true where run_pk = ${n};
delete from run_stats where run_pk = ${n};
