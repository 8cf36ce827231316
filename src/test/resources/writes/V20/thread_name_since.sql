insert into thread_name_since (at) values (current_timestamp) on conflict do nothing;
