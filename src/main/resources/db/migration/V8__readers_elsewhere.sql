-- Which gateways follow a run that another one records, for readers of theirs. The run's own gateway looks here before it gives
-- the run up because nobody reads it. What a gateway has here goes with its row.
-- reading: somebody reads the run there; else somebody has looked it up, and is about to.
create table run_follower (
    run_pk  bigint  not null,
    node_id bigint  not null references node (node_id) on delete cascade,
    reading boolean not null,
    primary key (run_pk, node_id)
);

create index run_follower_by_node on run_follower (node_id);
