package io.runtape.delivery;

import io.runtape.journal.LiveRun;
import io.runtape.run.Run;
import io.runtape.run.RunEnd;
import org.jspecify.annotations.Nullable;

/**
 * The source of a run's frames: its commits while it is live, the tables once it has ended.
 *
 * @param pk the run's key
 * @param id its public id
 * @param owner the id of its owner
 * @param live the live run; null once it has ended
 * @param lastSequence the last sequence of an ended run
 * @param ending the ending of an ended run
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

    /** The same source, whose ended run ends like its response. */
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

    /** The ending of this run, from its journal's end. */
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
