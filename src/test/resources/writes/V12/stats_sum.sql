insert into stats_sum (owner, span, start_hour, group_key, shard, content) values ('c-1', 0, 490896, ${n}, 0, cast('x' as bytea)) on conflict do nothing;
update stats_sum set content = cast('y' as bytea) where owner = 'c-1';
delete from stats_sum where owner = 'c-1';
