-- The runs of an owner that were deleted and whose words are still in the index: each walk through its segments reads the first ones.
create index search_removal_by_owner on search_removal (owner, removed_at);
