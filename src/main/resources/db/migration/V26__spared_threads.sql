-- The threads that a deletion has left without runs, but for one that had not joined its thread yet. Where that joins another one, its
-- first thread is deleted, too.
create table spared_thread (
    owner     varchar(128) not null,
    thread_id varchar(128) not null,
    primary key (owner, thread_id)
);
