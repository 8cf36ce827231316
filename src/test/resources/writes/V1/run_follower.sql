insert into node (node_id, epoch, started_at) values (${n}, 1, current_timestamp);
insert into run_follower (run_pk, node_id, reading) values (${n}, ${n}, false) on conflict do nothing;
delete from run_follower where node_id = ${n} and run_pk = ${n};
