insert into search_block (block_pk, content) values (${n}, cast('x' as bytea));
delete from search_block where block_pk >= ${n} and block_pk < ${n};
