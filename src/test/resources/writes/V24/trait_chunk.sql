insert into trait_chunk (chunk_pk, content) values (${n}, cast('x' as bytea));
delete from trait_chunk where chunk_pk >= ${n} and chunk_pk < ${n};
