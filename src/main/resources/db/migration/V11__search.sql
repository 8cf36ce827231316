-- indexed_at: when what is derived from the run's end was written last; absent until then, and when it must be written anew.
alter table run add column indexed_at timestamp(6) with time zone;

-- The runs that are next to be indexed. Partial, so that no look-up of a run takes it; a further placeholder:
--   only_unindexed   limits an index, where the database can
create index run_unindexed on run (indexed_at, completed_at, run_pk) ${only_unindexed};
