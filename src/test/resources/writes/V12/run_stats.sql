delete from run_stats where run_pk = ${n};
