package io.runtape.delivery;

import io.runtape.error.ApiException;
import io.runtape.run.ThreadPosition;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What a caller wants to see of a run or a thread. In a run sequences count, in a thread positions
 * ({@link ThreadPosition}).
 *
 * @param from where it begins; null for the beginning
 * @param to where it ends, included; null for the end
 * @param after what the caller has already; 0 for nothing. The frame after it comes with the pause that it had
 */
record ReplaySpan(@Nullable ReplayPlace from, @Nullable ReplayPlace to, long after) {

    /** @throws ApiException 400 if it ends before it begins */
    ReplaySpan {
        if (from != null && to != null && from.isTime() == to.isTime() && from.number() > to.number()) {
            throw ApiException.invalid("The parameter from must not be larger than to.");
        }
    }

    /**
     * Checks that it can be one of a thread, whose runs may lie days apart.
     *
     * @throws ApiException 400 if it names times
     */
    void checkForThread() {
        if (from != null && from.isTime() || to != null && to.isTime()) {
            throw ApiException.invalid(
                    "The parameters from and to of a thread must be sequences of the thread: times are for single runs.");
        }
    }

    /** The positions that it names; 0 where it names none. */
    LongStream named() {
        return LongStream.of(after, number(from), number(to)).distinct();
    }

    private static long number(@Nullable ReplayPlace place) {
        return place == null || place.isTime() ? 0 : place.number();
    }

    /** The position that no wanted frame lies before: of the first wanted frame, or the one behind what the caller has. */
    long first() {
        return Math.max(number(from), after + 1);
    }

    /** The ordinal of the thread's run that it begins in; 0 for the first one that there is. */
    long firstOrdinal() {
        return ThreadPosition.ordinal(first());
    }

    /** Whether the thread's run of this ordinal lies behind it. */
    boolean endsBefore(long ordinal) {
        return to != null && ThreadPosition.ordinal(to.number()) < ordinal;
    }

    /** The part of a thread's span that lies in its run of this ordinal. */
    ReplaySpan inRun(long ordinal) {
        long base = ThreadPosition.base(ordinal);
        return new ReplaySpan(
                from != null && ThreadPosition.ordinal(from.number()) == ordinal ? inRun(from, base) : null,
                to != null && ThreadPosition.ordinal(to.number()) == ordinal ? inRun(to, base) : null,
                Math.max(0, after - base));
    }

    private static @Nullable ReplayPlace inRun(ReplayPlace place, long base) {
        return place.number() == base ? null : new ReplayPlace(place.number() - base, false);
    }
}
