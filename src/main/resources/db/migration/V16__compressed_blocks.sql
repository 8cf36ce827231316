-- Large blocks are compressed when they are written, see docs/internals/storage.md.
-- plain_length: how many bytes the frames of a compressed block have; absent of a plain one.
alter table block add column plain_length integer;
