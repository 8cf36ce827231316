-- The threads that a caller has named: a search looks at their titles. Other titles are lines of a prompt, which is found with
-- the texts of its run. A thread may be here whose title is such a line all the same.
create table thread_name (
    owner     varchar(128) not null,
    thread_id varchar(128) not null,
    primary key (owner, thread_id),
    foreign key (owner, thread_id) references thread (owner, id) on delete cascade
);

insert into thread_name (owner, thread_id)
select t.owner, t.id from thread t
where t.title is not null and not exists (
    select 1 from run r where r.owner = t.owner and r.thread_id = t.id and r.thread_ordinal is not null
        and position(t.title in r.prompt) > 0);
