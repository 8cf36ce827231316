insert into trait_segment (segment_pk, owner, level, newest, oldest, size, documents, directory)
values (${n}, 'owner', 0, 1, 1, 9, cast('x' as bytea), cast('x' as bytea));
update trait_segment set level = 9 where segment_pk = ${n};
delete from trait_segment where segment_pk = ${n};
