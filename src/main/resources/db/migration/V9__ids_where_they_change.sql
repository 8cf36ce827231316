-- A last event id is stored once, with the frame that sets it: rows that follow name that frame instead. Older rows repeat it.
comment on column frame.last_event_id is
    'The last event id that this frame sets, or a line feed and the sequence of the frame that set the one in force; absent where none is.';
