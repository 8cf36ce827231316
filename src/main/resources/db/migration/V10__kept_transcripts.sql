-- frames_expired_at: when retention deleted the run's frames and its request. All else of the row stays.
alter table run add column frames_expired_at timestamp(6) with time zone;

-- The messages of such runs, from which their transcripts are made since then: JSON, compressed with zstd where that is shorter.
create table kept_transcript (
    run_pk  bigint   not null primary key,
    content ${bytes} not null
);
