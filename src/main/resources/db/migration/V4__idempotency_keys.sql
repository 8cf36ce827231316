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

-- Whether the answer broke off, so that whoever gets it again is cut off where the first client was.
alter table run add column cut boolean not null default false;
