insert into recorded_request (run_pk, owner, request_key) values (${n}, 'owner', '0123');
