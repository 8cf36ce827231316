-- beat: raised by the gateway itself again and again. Whoever sees it stand still for a whole lease, by a clock of its own,
-- takes the gateway for dead, so no two clocks need agree.
-- closed: its runs are closed, or about to be, and it may write no more.
alter table node add column beat bigint not null default 0;
alter table node add column closed boolean not null default false;
alter table node drop column lease_until;

-- A cancel that was asked for at another gateway than the run's.
alter table run add column cancel_requested boolean not null default false;
