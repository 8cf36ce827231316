-- One text for PostgreSQL and H2; what differs comes in as a placeholder:
--   bytes         a byte string of any length
--   only_running  limits an index to live runs, where the database can
-- Every later migration only adds: the previous version's gateway keeps working while the next one starts.

create table setting (
    name    varchar(64) not null primary key,
    content ${bytes}    not null
);

-- One row a start of a gateway. Its id leads the keys of the runs it records; its epoch fences it off.
create sequence node_id_sequence;

create table node (
    node_id    bigint                      not null primary key,
    epoch      bigint                      not null,
    started_at timestamp(6) with time zone not null,
    lease_until timestamp(6) with time zone
);

create table thread (
    owner        varchar(128)                not null,
    id           varchar(128)                not null,
    title        text,
    agent        varchar(200),
    archived     boolean                     not null default false,
    last_ordinal bigint                      not null default 0,
    created_at   timestamp(6) with time zone not null,
    updated_at   timestamp(6) with time zone not null,
    primary key (owner, id)
);

create index thread_by_activity on thread (owner, updated_at, id);

create table run (
    run_pk          bigint                      not null primary key,
    owner           varchar(128)                not null,
    id              varchar(64)                 not null,
    thread_id       varchar(128)                not null,
    thread_ordinal  bigint,
    node_id         bigint                      not null,
    agent           varchar(200),
    path            text                        not null,
    status          varchar(16)                 not null,
    reason          varchar(32),
    stream          boolean                     not null,
    prompt          text,
    metadata        text                        not null,
    config          text                        not null,
    request_type    varchar(200),
    request_body    ${bytes}                    not null,
    upstream_status integer,
    upstream_run_id varchar(200),
    answer_headers  text,
    dialect         varchar(32),
    result          text,
    usage           text,
    iterations      bigint,
    error           text,
    event_count     bigint                      not null default 0,
    frame_count     bigint                      not null default 0,
    byte_count      bigint                      not null default 0,
    last_sequence   bigint                      not null default 0,
    created_at      timestamp(6) with time zone not null,
    first_event_at  timestamp(6) with time zone,
    completed_at    timestamp(6) with time zone,
    unique (owner, id),
    unique (owner, thread_id, thread_ordinal)
);

create index run_by_time on run (owner, created_at, run_pk);
create index run_by_upstream_id on run (owner, upstream_run_id);
create index run_live on run (status) ${only_running};

-- offset_us: microseconds from the run's created_at to the frame's arrival, by a clock that never jumps.
-- type: the first 200 characters of the event's type, NUL replaced; the exact one is read from the bytes.
-- last_event_id: the last event ID string in force, absent where it is empty.
-- parts: how many frames of kind part directly before this one belong to it, absent for none.
create table frame (
    run_pk        bigint   not null,
    offset_us     bigint   not null,
    sequence      integer  not null,
    parts         integer,
    kind          smallint not null,
    type          varchar(200),
    last_event_id text,
    bytes         ${bytes} not null,
    primary key (run_pk, sequence)
);
