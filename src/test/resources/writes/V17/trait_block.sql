insert into trait_block (block_pk, content) values (${n}, cast('x' as bytea));
delete from trait_block where block_pk >= ${n} and block_pk < ${n};
