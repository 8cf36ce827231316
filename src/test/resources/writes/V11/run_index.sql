update run set indexed_at = current_timestamp where run_pk = ${n};
update run set indexed_at = null where run_pk = ${n};
