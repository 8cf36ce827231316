-- The list of an agent's threads, and that of the archived ones: few of an owner's threads may be among them, and these are the
-- oldest. The indexes are as partial as that of the whole list, for the same reason.
--   of_archived   the columns of an index, and its condition where the database can
create index thread_by_agent on thread (owner, agent, updated_at, id) ${only_with_runs};
create index thread_archived on thread ${of_archived};
