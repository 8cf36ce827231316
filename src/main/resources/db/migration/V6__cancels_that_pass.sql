-- How many cancel calls of the agent API that name the run have passed, or are passing, through another gateway than its own.
alter table run add column cancels_passing integer not null default 0;
