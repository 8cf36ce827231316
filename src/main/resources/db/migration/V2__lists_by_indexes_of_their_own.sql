-- The indexes that list threads and runs have the columns that one is looked up by, and PostgreSQL took them for look-ups
-- while it knew the tables as small: all threads, or runs, of the owner were walked for each commit. A partial index serves
-- only those who ask for its condition, which all that is listed meets: a thread has a run, a run has a key.
drop index thread_by_activity;
create index thread_by_activity on thread (owner, updated_at, id) ${only_with_runs};
drop index run_by_time;
create index run_by_time on run (owner, created_at, run_pk) ${only_with_key};
