-- What the calls of runs asked for, so that a call can be answered as an equal one was (docs/guides/mock-agent.md).
create table recorded_request (
    run_pk      bigint primary key,
    owner       varchar(128) not null,
    request_key varchar(64) not null
);

create index recorded_request_by_key on recorded_request (owner, request_key, run_pk);
