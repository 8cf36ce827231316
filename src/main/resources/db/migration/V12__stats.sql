-- What runs that have ended are found by, and what they add to the stats: all of it is derived from their rows and events when
-- they are indexed, written anew when a run is indexed again, and gone with the run.

-- One row a trait of a run, or a pair of traits, newest first: so each filter, and most pairs of them, is one range of the key.
-- facet: a hash of the owner and the trait, see io.runtape.facet.Trait.
-- created_us: the run's created_at, in microseconds since 1970.
create table run_facet (
    facet      bigint not null,
    created_us bigint not null,
    run_pk     bigint not null,
    primary key (facet, created_us, run_pk)
);

create index run_facet_by_run on run_facet (run_pk);

-- What runs are sorted by, and found by between two bounds.
-- owner_key: a hash of the owner.
-- total_tokens: those of the input and the output, absent where neither is known.
create table run_fact (
    run_pk       bigint not null primary key,
    owner_key    bigint not null,
    created_us   bigint not null,
    completed_us bigint not null,
    duration_ms  bigint not null,
    total_tokens bigint
);

create index run_fact_by_time on run_fact (owner_key, created_us, run_pk);
create index run_fact_by_completion on run_fact (owner_key, completed_us, run_pk);
create index run_fact_by_duration on run_fact (owner_key, duration_ms, run_pk);
create index run_fact_by_tokens on run_fact (owner_key, total_tokens, run_pk);

-- The sums of the runs of an owner that began in one hour, or on one day, and are alike: see io.runtape.stats.Sums.
-- span: 0 an hour, 1 a day, 2 an hour and one tool that was called, 3 a day and one tool.
-- start_hour: the beginning, in hours since 1970, UTC.
-- group_key: a hash of what the runs have in common, which the content has in full.
-- shard: gateways share a sum between some rows, so that they seldom wait for each other.
create table stats_sum (
    owner      varchar(128) not null,
    span       smallint     not null,
    start_hour integer      not null,
    group_key  bigint       not null,
    shard      smallint     not null,
    content    ${bytes}     not null,
    primary key (owner, span, start_hour, group_key, shard)
);

-- What a run has added to the sums, to be taken off again.
create table run_stats (
    run_pk  bigint   not null primary key,
    content ${bytes} not null
);
