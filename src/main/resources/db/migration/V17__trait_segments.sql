-- Segments as in search_segment and search_block, whose terms are the traits of runs; see docs/internals/storage.md, "What runs
-- are found by".
create sequence trait_segment_sequence;

create table trait_segment (
    segment_pk bigint         not null primary key,
    owner      varchar(128)   not null,
    level      integer        not null,
    newest     bigint         not null,
    oldest     bigint         not null,
    size       integer        not null,
    documents  ${short_bytes} not null,
    directory  ${short_bytes} not null
);

create index trait_segment_by_owner on trait_segment (owner, level);

create table trait_block (
    block_pk bigint         not null primary key,
    content  ${short_bytes} not null
);

${on_postgresql} alter table trait_block alter column content set storage external;

-- in_segment: whether the run's traits are in a segment; also false where a gateway of an earlier version has indexed the run.
alter table run_fact add column in_segment boolean default false not null;

-- Columns in this order: no search by the other columns takes it.
create index run_fact_not_in_segment on run_fact (in_segment, owner_key, created_us) ${only_not_in_segment};
