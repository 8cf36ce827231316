insert into stats_sum (owner, span, start_hour, group_key, shard, content) values ('c-1', 0, 490896, ${n}, 0, cast('x' as bytea)) on conflict do nothing;
