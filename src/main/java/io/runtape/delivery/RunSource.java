package io.runtape.delivery;

import io.runtape.journal.LiveRun;
import io.runtape.run.Run;
import io.runtape.run.RunEnd;
import org.jspecify.annotations.Nullable;

/**
 * Where a run's frames come from: the commits while it is live, the tables once it has ended.
 *
 * @param pk the run's key
 * @param id its public id
 * @param owner whose it is
 * @param live the run as long as it is recorded; null once it has ended
 * @param lastSequence of an ended run, its last sequence
 * @param ending of an ended run, how
 */
public record RunSource(
        long pk,
        String id,
        String owner,
        @Nullable LiveRun live,
        long lastSequence,
        @Nullable RunEnding ending) {

    static RunSource of(LiveRun live, String owner) {
        return new RunSource(live.pk(), live.id(), owner, live, 0, null);
    }

    static RunSource ended(Run run) {
        return new RunSource(
                run.runPk,
                run.id,
                run.owner,
                null,
                run.lastSequence,
                new RunEnding(run.id, run.status, run.reason, run.lastSequence, false));
    }

    /** The same; an ended run ends as its response did. */
    public RunSource endingAsAnswered(boolean cut) {
        return ending == null
                ? this
                : new RunSource(
                        pk,
                        id,
                        owner,
                        live,
                        lastSequence,
                        new RunEnding(id, ending.status(), ending.reason(), lastSequence, cut));
    }

    /** The ending of this run when its journal tells it. */
    RunEnding ending(RunEnd end, long sequence) {
        return new RunEnding(
                id,
                end.status().label(),
                end.reason() == null ? null : end.reason().label(),
                sequence,
                end.cut());
    }

    /** The last sequence that a reader may have seen. */
    public long durableSequence() {
        return live == null ? lastSequence : live.durableSequence();
    }
}
