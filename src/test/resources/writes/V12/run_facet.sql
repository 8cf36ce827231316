insert into run_facet (facet, created_us, run_pk) values (${n}, 1767225600000000, ${n});
delete from run_facet where run_pk = ${n};
