insert into packed_block (run_pk, last_sequence, plain_length, content) values (${n}, 200, 9000, cast('frames' as bytea));
delete from packed_block where run_pk = ${n};
