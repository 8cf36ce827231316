-- Sums of all runs of an owner that began on one day, or in one month, ended alike, and have one label in common: in stats_sum,
-- span 8 a day and 9 a month of one upstream, 10 and 11 of one path, 12 and 13 of one agent, 14 and 15 of one model, 16 and 17 of
-- one tool.
-- in_labels: whether what the run has added is in them; absent where a gateway of an earlier version has added it, until a gateway
-- adds it to them too.
alter table run_stats add column in_labels boolean;

create index run_stats_not_in_labels on run_stats (in_labels, run_pk) ${only_not_in_labels};
