-- One row a gateway that beats, apart from its row in node: every commit holds that one until its end, which may be far off
-- where a table is locked, and who lives must be able to show it meanwhile.
-- beat: raised by the gateway itself again and again. Whoever sees it stand still for a whole lease, by a clock of its own,
-- takes the gateway for dead, so no two clocks need agree.
-- dead: it was taken for dead, or has left, and never beats again. Decided where the beat is: either the gateway still beats,
-- and its sessions are left alone, or it finds that it is dead.
-- From here on node.beat stands still; node.closed says that nothing more can be written in the node's name.
create table heartbeat (
    node_id bigint  not null primary key,
    beat    bigint  not null default 0,
    dead    boolean not null default false
);

insert into heartbeat (node_id, beat, dead) select node_id, beat, closed from node;
