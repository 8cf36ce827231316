insert into block (run_pk, last_sequence, content) values (${n}, 2, cast('frames' as bytea)), (${n}, 9, cast('' as bytea));
delete from block where run_pk = ${n};
