insert into frame (run_pk, offset_us, sequence, parts, kind, type, last_event_id, bytes)
values (${n}, 1, 1, null, 1, 'message', '7', cast('data: x' as bytea)), (${n}, 2, 2, 3, 4, null, null, cast('' as bytea));
delete from frame where run_pk = ${n};
