insert into node (node_id, epoch, started_at) values (${n}, 1, current_timestamp);
update node set beat = beat + 1 where node_id = ${n} and not closed;
update node set epoch = epoch + 1 where node_id = ${n} and not closed;
update node set closed = true, epoch = epoch + 1 where node_id = ${n} and (closed or beat = 1);
delete from node where node_id = ${n} and closed;
