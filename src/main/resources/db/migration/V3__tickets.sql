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
