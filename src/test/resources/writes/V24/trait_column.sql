insert into trait_column (column_pk, content) values (${n}, cast('x' as bytea));
delete from trait_column where column_pk >= ${n} and column_pk < ${n};
