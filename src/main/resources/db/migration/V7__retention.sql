-- The runs that were kept the longest. Partial, so that no look-up of a run that has not ended takes it; a further placeholder:
--   only_ended   limits an index, where the database can
create index run_by_completion on run (completed_at) ${only_ended};
