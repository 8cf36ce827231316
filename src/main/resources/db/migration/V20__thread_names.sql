-- The threads that a caller has named: a search looks at their titles. Other titles are lines of a prompt, which is found with
-- the texts of its run.
create table thread_name (
    owner     varchar(128) not null,
    thread_id varchar(128) not null,
    primary key (owner, thread_id),
    foreign key (owner, thread_id) references thread (owner, id) on delete cascade
);

-- Gateways of earlier versions tell of no name. Threads with a run that began before this time may have one all the same: at
-- the latest a day after the update no such gateway runs.
create table thread_name_since (
    at timestamp(6) with time zone not null primary key
);

insert into thread_name_since (at)
select current_timestamp + interval '1' day where exists (select 1 from thread);
