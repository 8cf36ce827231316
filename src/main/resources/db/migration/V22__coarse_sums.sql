-- On PostgreSQL the sums that tell apart the least, those of one label or of none, lie apart from the many others: a question reads
-- thousands of their rows, and between the others each would be on a page of its own. They also have an index by what they are of.
-- Gateways of earlier versions go on with all sums as one table.
${on_postgresql} alter table stats_sum rename to stats_sum_fine;
${on_postgresql} alter table stats_sum_fine rename constraint stats_sum_pkey to stats_sum_fine_pkey;
${on_postgresql} create table stats_sum (owner varchar(128) not null, span smallint not null, start_hour integer not null, group_key bigint not null, shard smallint not null, content bytea not null, primary key (owner, span, start_hour, group_key, shard)) partition by list (span);
${on_postgresql} create table stats_sum_coarse partition of stats_sum for values in (6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
${on_postgresql} insert into stats_sum_coarse select * from stats_sum_fine where span between 6 and 17 order by span, owner, group_key, start_hour;
${on_postgresql} delete from stats_sum_fine where span between 6 and 17;
${on_postgresql} create index stats_sum_coarse_by_key on stats_sum_coarse (owner, span, group_key, start_hour);
${on_postgresql} analyze stats_sum_coarse;
${on_postgresql} alter table stats_sum attach partition stats_sum_fine default;
