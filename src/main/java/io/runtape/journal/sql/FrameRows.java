package io.runtape.journal.sql;

/** The columns of a frame's row, in the order of writing. */
final class FrameRows {

    static final String COLUMNS = "run_pk, offset_us, sequence, parts, kind, type, last_event_id, bytes";
    static final int COLUMN_COUNT = 8;

    private FrameRows() {}
}
