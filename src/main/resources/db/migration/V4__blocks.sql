-- Frames as blocks: one row holds the frames of one run that a commit brought, see docs/internals/storage.md.
-- Further placeholders:
--   by_run          divides a table by its runs, where the database can
--   on_postgresql   makes the rest of a line a comment elsewhere

-- last_sequence: the sequence of the block's last frame.
-- On PostgreSQL a partition holds the runs that a gateway began in some minutes, see io.runtape.journal.sql.BlockPartitions.
create table block (
    run_pk        bigint   not null,
    last_sequence integer  not null,
    content       ${bytes} not null,
    primary key (run_pk, last_sequence)
) ${by_run};

-- Runs of no gateway: the keys of those of one begin with its number, from 1 on.
${on_postgresql} create table block_of_no_node partition of block for values from (minvalue) to (1099511627776);

-- The blocks of runs that have rested since their end, larger and compressed.
-- plain_length: how many bytes the block's frames have.
create table packed_block (
    run_pk        bigint   not null,
    last_sequence integer  not null,
    plain_length  integer  not null,
    content       ${bytes} not null,
    primary key (run_pk, last_sequence)
);

-- The content is incompressible, or too short-lived to be worth compressing.
${on_postgresql} alter table block alter column content set storage external;
${on_postgresql} alter table packed_block alter column content set storage external;

-- digest: SHA-256 of the body's bytes, in hexadecimal digits; absent for runs of earlier versions and for those whose gateway
-- was lost, until they are packed.
-- packed_at: when its frames were packed.
alter table run add column digest varchar(64);
alter table run add column packed_at timestamp(6) with time zone;

-- The runs that are next to be packed.
create index run_unpacked on run (packed_at, completed_at, run_pk) ${only_unpacked};
