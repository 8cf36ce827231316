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

    /** Whether it names times. */
    boolean hasTimes() {
        return from != null && from.isTime() || to != null && to.isTime();
    }

    /** Whether it ends with a frame that it names, so that nothing can come to it once that frame is there. */
    boolean endsAtFrame() {
        return to != null && !to.isTime();
    }

    /** The positions that it names; 0 where it names none. */
    LongStream named() {
        return LongStream.of(after, number(from), number(to)).distinct();
    }

    /** The position that no wanted frame lies before, as far as positions tell. */
    long first() {
        return Math.max(number(from), after + 1);
    }

    /** The position that no wanted frame lies behind, as far as positions tell. */
    long last() {
        return to == null || to.isTime() ? Long.MAX_VALUE : to.number();
    }

    private static long number(@Nullable ReplayPlace place) {
        return place == null || place.isTime() ? 0 : place.number();
    }
}
