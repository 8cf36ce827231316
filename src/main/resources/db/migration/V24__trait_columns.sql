-- Values of the runs of a segment of traits, a byte each; and the runs of a large one once more, some in each row: who sorts many runs
-- by a value need not read the row of each, and who finds few need not read the whole list. See docs/internals/storage.md, "What
-- runs are found by".
create table trait_column (
    column_pk bigint         not null primary key,
    content   ${short_bytes} not null
);

${on_postgresql} alter table trait_column alter column content set storage external;

create table trait_chunk (
    chunk_pk bigint         not null primary key,
    content  ${short_bytes} not null
);
