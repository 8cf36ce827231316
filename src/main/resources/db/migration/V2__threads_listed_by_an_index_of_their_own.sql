-- The index that lists threads has the columns that a thread is looked up by, and PostgreSQL took it for look-ups while it
-- knew nothing of the table yet: all threads of the owner were walked for each run. A partial index serves only those who
-- ask for its condition, which every thread that is listed meets: it has a run.
drop index thread_by_activity;
create index thread_by_activity on thread (owner, updated_at, id) ${only_with_runs};
