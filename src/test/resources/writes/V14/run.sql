insert into run (run_pk, owner, id, thread_id, node_id, agent, path, status, stream, prompt, metadata, config,
    request_type, request_body, created_at, model, upstream)
values (${n}, 'owner', 'run_${n}', 'thread_${n}', 1, 'agent', '/v1/run', 'running', true, 'prompt', '{}', '{}',
    'application/json', cast('{}' as bytea), current_timestamp, 'model', 'default');
insert into thread (owner, id, agent, archived, last_ordinal, created_at, updated_at)
values ('owner', 'thread_${n}', 'agent', false, 0, current_timestamp, current_timestamp) on conflict do nothing;
update thread set last_ordinal = last_ordinal + 1, updated_at = greatest(updated_at, current_timestamp),
    agent = coalesce(agent, 'agent')
where owner = 'owner' and id = 'thread_${n}';
update run set thread_id = 'thread_${n}', upstream_status = 200, upstream_run_id = 'up_${n}', answer_headers = '[]',
    stream = true, head_us = 812, thread_ordinal = 1
where run_pk = ${n};
update run set cancel_requested = true where run_pk = ${n} and status = 'running';
update run set cancels_passing = cancels_passing + 1 where run_pk = ${n} and status = 'running';
update run set status = 'completed', reason = null, dialect = 'runtools', model = coalesce('model', model),
    finish_reason = 'stop', result = '"x"', usage = '{}', iterations = 1,
    error = null, event_count = 1, frame_count = 1, byte_count = 9, last_sequence = 1, first_event_at = current_timestamp,
    completed_at = current_timestamp, cut = false, digest = 'ab'
where run_pk = ${n} and completed_at is null;
update run set packed_at = current_timestamp where run_pk = ${n};
update run set indexed_at = current_timestamp where run_pk = ${n};
update run set indexed_at = null where run_pk = ${n};
