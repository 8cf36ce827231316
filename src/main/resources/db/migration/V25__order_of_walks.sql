-- The runs of an owner that were deleted and whose words are still in the index: each walk through its segments reads the first ones.
create index search_removal_by_owner on search_removal (owner, removed_at);

-- The runs that were kept the longest, in an order that tells apart those of one moment. It serves all that the index before did.
create index run_by_end on run (completed_at, run_pk) ${only_ended};
drop index run_by_completion;
