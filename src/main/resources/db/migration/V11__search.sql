-- indexed_at: when what is derived from the run's end was written last; absent until then, and when it must be written anew.
alter table run add column indexed_at timestamp(6) with time zone;

-- The runs that are next to be indexed. Partial, so that no look-up of a run takes it; a further placeholder:
--   only_unindexed   limits an index, where the database can
create index run_unindexed on run (indexed_at, completed_at, run_pk) ${only_unindexed};

-- The texts of a run that are searched: see io.runtape.search.RunText. Further placeholders:
--   short_bytes      a byte string of up to a mebibyte, in the row
create table search_document (
    run_pk  bigint         not null primary key,
    content ${short_bytes} not null
);

-- The words of some runs of one owner; see docs/internals/storage.md, "The index of words".
-- level: how often its runs were merged into larger segments.
-- newest, oldest: when the calls of its runs came in, in microseconds since 1970.
-- size: the bytes of its blocks.
-- documents: its runs. directory: the first term of each of its blocks.
create sequence search_segment_sequence;

create table search_segment (
    segment_pk bigint         not null primary key,
    owner      varchar(128)   not null,
    level      integer        not null,
    newest     bigint         not null,
    oldest     bigint         not null,
    size       integer        not null,
    documents  ${short_bytes} not null,
    directory  ${short_bytes} not null
);

create index search_segment_by_owner on search_segment (owner, level);

-- Terms and the runs that have them. The key is that of the segment, and the block's number in the lowest 20 bits.
create table search_block (
    block_pk bigint         not null primary key,
    content  ${short_bytes} not null
);

-- Runs that were deleted and whose terms are still to be taken out of the segments.
create table search_removal (
    run_pk     bigint                      not null primary key,
    owner      varchar(128)                not null,
    removed_at timestamp(6) with time zone not null
);

create index search_removal_by_time on search_removal (removed_at);

${on_postgresql} alter table search_document alter column content set storage external;
${on_postgresql} alter table search_block alter column content set storage external;
