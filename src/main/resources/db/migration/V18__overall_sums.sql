-- Sums of all runs of an owner that began in one hour, or on one day, and ended alike: in stats_sum, span 6 an hour, 7 a day.
-- in_overall: whether what the run has added is in them; absent where a gateway of an earlier version has added it, until a
-- gateway adds it to them too.
alter table run_stats add column in_overall boolean;

create index run_stats_not_in_overall on run_stats (in_overall, run_pk) ${only_not_in_overall};
