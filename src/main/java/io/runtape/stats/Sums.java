package io.runtape.stats;

import io.runtape.dialect.Usage;
import io.runtape.facet.Tokens;
import io.runtape.run.Run;
import io.runtape.store.EpochMicros;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is summed up of some runs: their number, their tokens, and how long they took. Unknown counts of tokens add nothing, and
 * a sum of which nothing is known is unknown. Confined to one thread.
 */
final class Sums {

    /** The counts of tokens, as usages name them. */
    static final List<String> TOKENS = Usage.COUNTS;

    private final long[] tokens = new long[TOKENS.size()];

    /** Of how many runs each count is known. */
    private final long[] known = new long[TOKENS.size()];

    private final Histogram durations = new Histogram();
    private final Histogram firstEvents = new Histogram();
    private long runs;

    /** The sums of one run that has ended at this time. */
    static Sums of(Run run, Instant completedAt) {
        Sums sums = new Sums();
        sums.runs = 1;
        Tokens usage = Tokens.of(run.usage);
        for (int i = 0; i < TOKENS.size(); i++) {
            @Nullable Long count = usage.count(TOKENS.get(i));
            if (count != null) {
                sums.tokens[i] = count;
                sums.known[i] = 1;
            }
        }
        sums.durations.add(EpochMicros.of(completedAt) - EpochMicros.of(run.createdAt));
        @Nullable Instant firstEventAt = run.firstEventAt;
        if (firstEventAt != null) {
            sums.firstEvents.add(EpochMicros.of(firstEventAt) - EpochMicros.of(run.createdAt));
        }
        return sums;
    }

    void add(Sums other) {
        runs += other.runs;
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] += other.tokens[i];
            known[i] += other.known[i];
        }
        durations.add(other.durations);
        firstEvents.add(other.firstEvents);
    }

    /** Takes off what was added before. */
    void subtract(Sums other) {
        runs -= other.runs;
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] -= other.tokens[i];
            known[i] -= other.known[i];
        }
        durations.subtract(other.durations);
        firstEvents.subtract(other.firstEvents);
    }

    void write(ByteArrayOutputStream to) {
        Varints.write(to, runs);
        for (int i = 0; i < tokens.length; i++) {
            Varints.write(to, known[i]);
            if (known[i] > 0) {
                Varints.write(to, tokens[i]);
            }
        }
        durations.write(to);
        firstEvents.write(to);
    }

    /** Adds what was written. */
    void read(Varints.Reader from) {
        runs += from.number();
        for (int i = 0; i < tokens.length; i++) {
            long more = from.number();
            known[i] += more;
            if (more > 0) {
                tokens[i] += from.number();
            }
        }
        durations.read(from);
        firstEvents.read(from);
    }

    long runs() {
        return runs;
    }

    /** The sum of a count of tokens; null if no run's is known. */
    @Nullable
    Long tokens(String name) {
        int at = TOKENS.indexOf(name);
        return known[at] == 0 ? null : Long.valueOf(tokens[at]);
    }

    /** In microseconds. */
    Histogram durations() {
        return durations;
    }

    /** In microseconds. */
    Histogram firstEvents() {
        return firstEvents;
    }
}
