-- The tickets of a run, and those of a thread, are deleted with it.
create index ticket_by_run on ticket (run_pk);
create index ticket_by_thread on ticket (thread_id);
