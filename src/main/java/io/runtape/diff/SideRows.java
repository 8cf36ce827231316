package io.runtape.diff;

import java.util.ArrayList;
import java.util.List;

/**
 * The pieces of two texts in rows: each has the lines of both that stand beside each other, so that two columns do not drift
 * apart. Confined to one thread.
 */
final class SideRows {

    /**
     * Some lines of both texts.
     *
     * @param same whether they are the same in both
     */
    record Row(List<TextOperation> pieces, boolean same) {}

    /** Takes the rows one by one. */
    @FunctionalInterface
    interface Taker<E extends Exception> {
        void take(Row row) throws E;
    }

    private SideRows() {}

    /** Goes over the pieces once. */
    static <E extends Exception> void of(List<TextOperation> pieces, Taker<E> taker) throws E {
        List<TextOperation> row = new ArrayList<>();
        for (TextOperation piece : pieces) {
            if (piece.kind() == TextOperation.Kind.EQUAL) {
                common(piece.text(), row, taker);
            } else {
                row.add(piece);
            }
        }
        flush(row, taker);
    }

    /** The rest of its first line ends the row before it, and its last line begins the next row. */
    private static <E extends Exception> void common(String text, List<TextOperation> row, Taker<E> taker) throws E {
        int begin = 0;
        if (!endsLine(row, TextOperation.Kind.DELETE) || !endsLine(row, TextOperation.Kind.INSERT)) {
            begin = text.indexOf('\n') + 1;
            if (begin == 0) {
                row.add(equal(text));
                return;
            }
            row.add(equal(text.substring(0, begin)));
        }
        flush(row, taker);
        int end = Math.max(begin, text.lastIndexOf('\n') + 1);
        if (end > begin) {
            taker.take(new Row(List.of(equal(text.substring(begin, end))), true));
        }
        if (end < text.length()) {
            row.add(equal(text.substring(end)));
        }
    }

    private static TextOperation equal(String text) {
        return new TextOperation(TextOperation.Kind.EQUAL, text);
    }

    private static <E extends Exception> void flush(List<TextOperation> row, Taker<E> taker) throws E {
        if (!row.isEmpty()) {
            boolean same = row.stream().allMatch(piece -> piece.kind() == TextOperation.Kind.EQUAL);
            taker.take(new Row(List.copyOf(row), same));
            row.clear();
        }
    }

    /** Whether one of the texts, which also has pieces of this kind, is at the beginning of a line behind the row. */
    private static boolean endsLine(List<TextOperation> row, TextOperation.Kind own) {
        for (int at = row.size() - 1; at >= 0; at--) {
            TextOperation piece = row.get(at);
            if (piece.kind() == own || piece.kind() == TextOperation.Kind.EQUAL) {
                return piece.text().endsWith("\n");
            }
        }
        return true;
    }
}
