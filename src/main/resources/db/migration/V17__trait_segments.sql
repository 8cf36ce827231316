-- Traits of runs as terms of segments, see docs/internals/storage.md, "What runs are found by".
-- in_segment: whether the run's traits are in a segment; also false where a gateway of an earlier version has indexed the run.
alter table run_fact add column in_segment boolean default false not null;

-- Columns in this order: no search by the other columns takes it.
create index run_fact_not_in_segment on run_fact (in_segment, owner_key, created_us) ${only_not_in_segment};
