-- Sums of whole months, which stats of long times are read from: in stats_sum, span 4 a month, 5 a month and one tool.
-- in_months: whether what the run has added is in them; absent where a gateway of an earlier version has added it, until a
-- gateway adds it to them too.
alter table run_stats add column in_months boolean;

create index run_stats_not_in_months on run_stats (in_months, run_pk) ${only_not_in_months};
