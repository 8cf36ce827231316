insert into run_stats (run_pk, content) values (${n}, cast('x' as bytea));
delete from run_stats where run_pk = ${n};
