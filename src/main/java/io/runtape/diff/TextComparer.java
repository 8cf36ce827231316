package io.runtape.diff;

import com.github.difflib.algorithm.Change;
import com.github.difflib.algorithm.myers.MyersDiffWithLinearSpace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tells what texts have in common: first by their lines, then by the words of the lines that differ. The time of the
 * algorithm grows by the square of what differs, so one comparer has a bound on its work: past it, lines that differ stay
 * whole, and then texts. Confined to one thread.
 */
final class TextComparer {

    /** Lines of both texts between their first and their last difference: a tenth of a second at the worst. */
    static final int LINES_MAX = 10_000;

    /** Words of the lines of both texts that differ and stand in the same place. */
    static final int WORDS_MAX = 4_000;

    /** Steps of all comparisons together: two texts of that many different lines, and the words of many lines. */
    private static final long STEPS_MAX = 100_000_000;

    /** Lines with less in common than this part of their characters are not alike: single words of them tell nothing. */
    private static final int ALIKE_PART = 4;

    private long stepsLeft = STEPS_MAX;

    /** Compares two texts. */
    TextDiff compare(String first, String second) {
        Spans one = new Spans(first, 0, first.length());
        Spans other = new Spans(second, 0, second.length());
        TextPieces pieces = new TextPieces();
        if (first.equals(second)) {
            pieces.equal(first, 0, first.length());
            return new TextDiff(true, false, pieces.all());
        }
        Middle middle = Middle.of(one, other, Spans.LINES);
        Optional<List<Change>> changes = changes(middle, Spans.LINES, LINES_MAX);
        pieces.equal(first, 0, middle.first().from());
        changes.ifPresentOrElse(
                found -> walk(found, middle, Spans.LINES, pieces, this::words), () -> replace(middle, pieces));
        pieces.equal(first, middle.first().to(), first.length());
        return new TextDiff(false, changes.isEmpty(), pieces.all());
    }

    /**
     * Which elements of two lists are in one of them only; empty if there is too much to do.
     *
     * @param first elements as numbers: equal ones have equal numbers
     */
    Optional<List<Change>> changes(List<Integer> first, List<Integer> second, int countMax) {
        long count = (long) first.size() + second.size();
        long steps = count * count / 2;
        if (count > countMax || steps > stepsLeft) {
            return Optional.empty();
        }
        stepsLeft -= steps;
        // With linear space: the other one's memory grows by the square as well.
        return Optional.of(new MyersDiffWithLinearSpace<Integer>().computeDiff(first, second, null));
    }

    /** What lies between the first and the last difference of two parts of texts. */
    private record Middle(Spans first, Spans second) {
        static Middle of(Spans first, Spans second, Spans.Cut cut) {
            int head = Spans.commonHead(first, second, cut);
            int tail = Spans.commonTail(first, second, head, cut);
            return new Middle(
                    first.within(first.from() + head, first.to() - tail),
                    second.within(second.from() + head, second.to() - tail));
        }
    }

    private Optional<List<Change>> changes(Middle middle, Spans.Cut cut, int countMax) {
        int some = middle.first().count(cut, countMax);
        if (some + middle.second().count(cut, countMax) > countMax) {
            // Not even cut: each piece would take many times its memory.
            return Optional.empty();
        }
        Map<String, Integer> numbers = new HashMap<>();
        return changes(numbered(middle.first(), cut, numbers), numbered(middle.second(), cut, numbers), countMax);
    }

    private static List<Integer> numbered(Spans spans, Spans.Cut cut, Map<String, Integer> numbers) {
        List<Integer> numbered = new ArrayList<>();
        int from = spans.from();
        for (int end : spans.ends(cut)) {
            String piece = spans.text().substring(from, end);
            numbered.add(numbers.computeIfAbsent(piece, unknown -> numbers.size()));
            from = end;
        }
        return numbered;
    }

    /** Takes parts of two texts that differ. */
    @FunctionalInterface
    private interface Differing {
        void take(Middle differing, TextPieces pieces);
    }

    /** Goes over two texts by their changes. What goes and what comes in the same place differ together. */
    private static void walk(
            List<Change> changes, Middle middle, Spans.Cut cut, TextPieces pieces, Differing differing) {
        Cursor first = new Cursor(middle.first(), cut);
        Cursor second = new Cursor(middle.second(), cut);
        int next = 0;
        while (next < changes.size()) {
            Change change = changes.get(next);
            Spans common = first.to(change.startOriginal);
            pieces.equal(common.text(), common.from(), common.to());
            second.to(change.startRevised);
            int endOfFirst = change.endOriginal;
            int endOfSecond = change.endRevised;
            next++;
            while (next < changes.size()
                    && changes.get(next).startOriginal == endOfFirst
                    && changes.get(next).startRevised == endOfSecond) {
                endOfFirst = changes.get(next).endOriginal;
                endOfSecond = changes.get(next).endRevised;
                next++;
            }
            differing.take(new Middle(first.to(endOfFirst), second.to(endOfSecond)), pieces);
        }
        Spans common = first.rest();
        pieces.equal(common.text(), common.from(), common.to());
    }

    /** A place in a text that is cut. */
    private static final class Cursor {

        private final Spans spans;
        private final List<Integer> ends;
        private int at;

        Cursor(Spans spans, Spans.Cut cut) {
            this.spans = spans;
            this.ends = spans.ends(cut);
            this.at = spans.from();
        }

        /** What lies before the piece of this index, from where the cursor was on. */
        Spans to(int piece) {
            Spans passed = spans.within(at, piece == 0 ? spans.from() : ends.get(piece - 1));
            at = passed.to();
            return passed;
        }

        Spans rest() {
            return to(ends.size());
        }
    }

    private void words(Middle lines, TextPieces pieces) {
        if (lines.first().length() == 0 || lines.second().length() == 0) {
            replace(lines, pieces);
            return;
        }
        Middle middle = Middle.of(lines.first(), lines.second(), Spans.WORDS);
        Optional<List<Change>> changes = changes(middle, Spans.WORDS, WORDS_MAX);
        if (changes.isEmpty()) {
            around(lines, middle, pieces, () -> replace(middle, pieces));
        } else if (isAlike(lines, middle, changes.get())) {
            around(
                    lines,
                    middle,
                    pieces,
                    () -> walk(changes.get(), middle, Spans.WORDS, pieces, TextComparer::replace));
        } else {
            replace(lines, pieces);
        }
    }

    private static void around(Middle whole, Middle middle, TextPieces pieces, Runnable inside) {
        String text = whole.first().text();
        pieces.equal(text, whole.first().from(), middle.first().from());
        inside.run();
        pieces.equal(text, middle.first().to(), whole.first().to());
    }

    private static void replace(Middle differing, TextPieces pieces) {
        Spans first = differing.first();
        Spans second = differing.second();
        pieces.delete(first.text(), first.from(), first.to());
        pieces.insert(second.text(), second.from(), second.to());
    }

    private static boolean isAlike(Middle lines, Middle middle, List<Change> changes) {
        List<Integer> ends = middle.first().ends(Spans.WORDS);
        int common = lines.first().length();
        for (Change change : changes) {
            if (change.startOriginal < change.endOriginal) {
                int from = change.startOriginal == 0 ? middle.first().from() : ends.get(change.startOriginal - 1);
                common -= ends.get(change.endOriginal - 1) - from;
            }
        }
        return (long) common * ALIKE_PART
                >= Math.max(lines.first().length(), lines.second().length());
    }
}
