insert into kept_transcript (run_pk, content) values (${n}, cast('{}' as bytea));
update run set frames_expired_at = current_timestamp, packed_at = coalesce(packed_at, current_timestamp),
    request_type = null, request_body = cast('' as bytea)
where run_pk = ${n};
delete from kept_transcript where run_pk = ${n};
