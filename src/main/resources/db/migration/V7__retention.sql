-- The runs that were kept the longest.
create index run_by_completion on run (completed_at);
