insert into search_document (run_pk, content) values (${n}, cast('x' as bytea));
update search_document set content = cast('y' as bytea) where run_pk = ${n};
delete from search_document where run_pk = ${n};
