-- One text for PostgreSQL and H2; what differs comes in as a placeholder:
--   bytes           a byte string of any length
--   only_running, only_with_runs, only_with_key
--                   limit an index, where the database can
-- No name is qualified: all of it goes to the schema of Runtape's own that RUNTAPE_DATABASE_SCHEMA names.
-- Every later migration only adds: the previous version's gateway keeps working while the next one starts.

create table setting (
    name    varchar(64) not null primary key,
    content ${bytes}    not null
);

-- One row a start of a gateway. Its id leads the keys of the runs it records; its epoch fences it off.
-- closed: its runs are closed, or about to be, and nothing more can be written in its name.
create sequence node_id_sequence;

create table node (
    node_id    bigint                      not null primary key,
    epoch      bigint                      not null,
    started_at timestamp(6) with time zone not null,
    closed     boolean                     not null default false
);

-- One row a gateway that beats, apart from its row in node: every commit holds that one until its end, which may be far off
-- where a table is locked, and who lives must be able to show it meanwhile.
-- beat: raised by the gateway itself again and again. Whoever sees it stand still for a whole lease, by a clock of its own,
-- takes the gateway for dead, so no two clocks need agree.
-- dead: it was taken for dead, or has left, and never beats again. Decided where the beat is: either the gateway still beats,
-- and its sessions are left alone, or it finds that it is dead.
create table heartbeat (
    node_id bigint  not null primary key,
    beat    bigint  not null default 0,
    dead    boolean not null default false
);

-- last_ordinal: how many runs have joined it.
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

-- The indexes that list threads and runs have the columns that one is looked up by, and PostgreSQL would take them for look-ups
-- while it knows the tables as small: all threads, or runs, of the owner would be walked for each commit. A partial index serves
-- only those who ask for its condition, which all that is listed meets: a thread has a run, a run has a key.
create index thread_by_activity on thread (owner, updated_at, id) ${only_with_runs};

-- cut: whether the answer broke off, so that whoever gets it again is cut off where the first client was.
-- cancel_requested: a cancel was asked for at another gateway than the run's.
-- cancels_passing: how many cancel calls of the agent API that name the run have passed, or are passing, through another
-- gateway than its own.
create table run (
    run_pk           bigint                      not null primary key,
    owner            varchar(128)                not null,
    id               varchar(64)                 not null,
    thread_id        varchar(128)                not null,
    thread_ordinal   bigint,
    node_id          bigint                      not null,
    agent            varchar(200),
    path             text                        not null,
    status           varchar(16)                 not null,
    reason           varchar(32),
    cut              boolean                     not null default false,
    cancel_requested boolean                     not null default false,
    cancels_passing  integer                     not null default 0,
    stream           boolean                     not null,
    prompt           text,
    metadata         text                        not null,
    config           text                        not null,
    request_type     varchar(200),
    request_body     ${bytes}                    not null,
    upstream_status  integer,
    upstream_run_id  varchar(200),
    answer_headers   text,
    dialect          varchar(32),
    result           text,
    usage            text,
    iterations       bigint,
    error            text,
    event_count      bigint                      not null default 0,
    frame_count      bigint                      not null default 0,
    byte_count       bigint                      not null default 0,
    last_sequence    bigint                      not null default 0,
    created_at       timestamp(6) with time zone not null,
    first_event_at   timestamp(6) with time zone,
    completed_at     timestamp(6) with time zone,
    unique (owner, id),
    unique (owner, thread_id, thread_ordinal)
);

create index run_by_time on run (owner, created_at, run_pk) ${only_with_key};
create index run_by_upstream_id on run (owner, upstream_run_id);
create index run_live on run (status) ${only_running};

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

-- offset_us: microseconds from the run's created_at to the frame's arrival, by a clock that never jumps.
-- type: the first 200 characters of the event's type, NUL replaced; the exact one is read from the bytes.
-- last_event_id: the last event id that this frame sets, or a line feed and the sequence of the frame that set the one in force;
-- absent where none is.
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

-- Keys that callers give to calls, so that a repeat gets the run of the first one. The primary key decides which call was
-- first, whatever gateway it came to.
-- request_hash: what a repeat must equal, path and body; see the gateway's RecordedCall.
-- The run is not a foreign key: the key of a run that was deleted stays, and says that it is gone.
create table idempotency_key (
    owner        varchar(128)                not null,
    id           varchar(255)                not null,
    request_hash varchar(64)                 not null,
    run_pk       bigint                      not null,
    expires_at   timestamp(6) with time zone not null,
    primary key (owner, id)
);

create index idempotency_key_by_expiry on idempotency_key (expires_at);
create index idempotency_key_by_run on idempotency_key (run_pk);

-- One row a ticket: a secret that stands in a URL and reads the events of one run or one thread, for readers that cannot send
-- a header.
-- hash: SHA-256 of the ticket, in hexadecimal digits; the ticket itself is nowhere.
-- run_pk, thread_id: what it is for, one of the two.
-- used_at: when it was first used.
-- expires_at: until when it is good; once used, one for a run is also good while the run goes on and for a while after.
create table ticket (
    hash       varchar(64)                 not null primary key,
    owner      varchar(128)                not null,
    run_pk     bigint,
    thread_id  varchar(128),
    used_at    timestamp(6) with time zone,
    expires_at timestamp(6) with time zone not null
);

create index ticket_by_expiry on ticket (expires_at);
