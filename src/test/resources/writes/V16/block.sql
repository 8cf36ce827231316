insert into block (run_pk, last_sequence, plain_length, content) values (${n}, 2, null, cast('frames' as bytea)), (${n}, 9, 9000, cast('' as bytea));
delete from block where run_pk = ${n};
