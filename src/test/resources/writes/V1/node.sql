insert into heartbeat (node_id) values (${n});
insert into node (node_id, epoch, started_at) values (${n}, 1, current_timestamp);
update heartbeat set beat = beat + 1 where node_id = ${n} and not dead;
update node set epoch = epoch + 1 where node_id = ${n} and not closed;
update heartbeat set dead = true where node_id = ${n} and (dead or beat = 1);
update node set closed = true, epoch = epoch + 1 where node_id = ${n};
delete from node where node_id = ${n} and closed;
delete from heartbeat where node_id = ${n};
