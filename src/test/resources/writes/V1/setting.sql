insert into setting (name, content) values ('name_${n}', cast('x' as bytea)) on conflict do nothing;
