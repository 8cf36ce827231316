package io.runtape.diff;

import java.util.ArrayList;
import java.util.List;

/** Joins pieces of two texts as they are found; what goes stands before what comes in its place. Confined to one thread. */
final class TextPieces {

    private final List<TextOperation> done = new ArrayList<>();
    private final StringBuilder equal = new StringBuilder();
    private final StringBuilder deleted = new StringBuilder();
    private final StringBuilder inserted = new StringBuilder();

    void equal(CharSequence text, int from, int to) {
        if (from < to) {
            flush(TextOperation.Kind.DELETE, deleted);
            flush(TextOperation.Kind.INSERT, inserted);
            equal.append(text, from, to);
        }
    }

    void delete(CharSequence text, int from, int to) {
        if (from < to) {
            flush(TextOperation.Kind.EQUAL, equal);
            deleted.append(text, from, to);
        }
    }

    void insert(CharSequence text, int from, int to) {
        if (from < to) {
            flush(TextOperation.Kind.EQUAL, equal);
            inserted.append(text, from, to);
        }
    }

    /** All pieces. */
    List<TextOperation> all() {
        flush(TextOperation.Kind.EQUAL, equal);
        flush(TextOperation.Kind.DELETE, deleted);
        flush(TextOperation.Kind.INSERT, inserted);
        return done;
    }

    private void flush(TextOperation.Kind kind, StringBuilder text) {
        if (!text.isEmpty()) {
            done.add(new TextOperation(kind, text.toString()));
            text.setLength(0);
            text.trimToSize();
        }
    }
}
