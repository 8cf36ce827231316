package io.runtape.delivery;

import io.runtape.access.Owner;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Optional;

/**
 * The way of a replay through the runs of a thread, up to the first live one. Each run is looked up right before it is
 * played: the one before it, and the pause between them, may have taken hours. Confined to the event loop of its reader.
 */
final class ThreadReplay {

    private final RunSources sources;
    private final ReplayParts parts;
    private final Owner owner;
    private final String threadId;
    private final ThreadSpan span;
    private final ReplayPace pace;
    private final Optional<ReplayedRun> first;
    /** The last run that was handed out to be played. */
    private Optional<ReplayedRun> last;

    /**
     * Looks the thread and its first wanted run up, and blocks for that.
     *
     * @param gap the pause between two runs, by which the span's times count
     * @throws io.runtape.error.ApiException 404 if there is no such thread, 400 if the span names a position or a time that it
     *     does not have, 410 if frames of it are deleted
     */
    ThreadReplay(
            RunSources sources,
            ReplayParts parts,
            Owner owner,
            String threadId,
            ReplaySpan span,
            Duration gap,
            ReplayPace pace) {
        this.sources = sources;
        this.parts = parts;
        this.owner = owner;
        this.threadId = threadId;
        this.pace = pace;
        span.named().forEach(position -> sources.requirePosition(owner, threadId, position));
        // Times count from the beginning, over all frames.
        boolean all = span.hasTimes();
        sources.requireFrames(
                owner, threadId, all ? 0 : Math.max(0, span.first() - 1), all ? Long.MAX_VALUE : span.last());
        this.span = parts.timeline(owner, threadId, gap).of(span);
        this.first = find(this.span.firstOrdinal() - 1);
        this.last = first;
    }

    /** The first run to play; empty if there is none. */
    Optional<ReplayedRun> first() {
        return first;
    }

    /**
     * All runs to play, one after the other. Ask for the next one when one has been played.
     *
     * @param pause the time between two runs
     */
    Multi<ReplayedRun> runs(StreamReply reply, Duration pause) {
        Multi<ReplayedRun> later = Multi.createBy()
                .repeating()
                .uni(() -> afterLast(reply, pause).invoke(found -> last = found))
                .until(Optional::isEmpty)
                .map(Optional::orElseThrow);
        return Multi.createBy().concatenating().streams(Multi.createFrom().optional(first), later);
    }

    /** The run to play after the last one, once the pause between them is over. */
    private Uni<Optional<ReplayedRun>> afterLast(StreamReply reply, Duration pause) {
        Optional<Long> ordinal =
                last.filter(run -> !run.isLive()).map(run -> run.found().ordinal());
        Uni<Optional<ReplayedRun>> next = reply.onWorker(owner.id(), () -> ordinal.flatMap(this::find));
        if (pause.isZero()) {
            return next;
        }
        return next.flatMap(found -> found.isEmpty()
                ? Uni.createFrom().item(found)
                : reply.afterwards(pause).chain(() -> next));
    }

    /** The next run behind this ordinal of which something is to be played. */
    private Optional<ReplayedRun> find(long afterOrdinal) {
        long ordinal = afterOrdinal;
        while (true) {
            Optional<RunSources.Found> found = sources.nextInThread(owner, threadId, ordinal);
            if (found.isEmpty() || span.endsBefore(found.get().ordinal())) {
                return Optional.empty();
            }
            ordinal = found.get().ordinal();
            ReplaySpan inRun = span.inRun(ordinal);
            ReplayPart part = parts.of(
                    found.get().source(), inRun, pace.withIds(found.get().run()));
            // The end of a run without frames has the position that its frames would follow.
            boolean seen = (found.get().source().ending() != null || inRun.endsAtFrame())
                    && span.after() >= found.get().idBase()
                    && part.isEmpty();
            if (!seen) {
                return Optional.of(new ReplayedRun(found.get(), part));
            }
        }
    }
}
