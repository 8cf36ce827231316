package io.runtape.delivery;

import io.runtape.access.Owner;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Optional;

/**
 * The way of a replay through the runs of a thread, up to the first live one. Each run is looked up when the one before it
 * begins. Confined to the event loop of its reader.
 */
final class ThreadReplay {

    private final RunSources sources;
    private final ReplayParts parts;
    private final Owner owner;
    private final String threadId;
    private final ThreadSpan span;
    private final ReplayPace pace;
    private Optional<ReplayedRun> next;

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
        this.span = parts.timeline(sources, owner, threadId, gap).of(span);
        this.next = find(this.span.firstOrdinal() - 1);
    }

    /** The first run to play; empty if there is none. */
    Optional<ReplayedRun> first() {
        return next;
    }

    /** All runs to play, one after the other. */
    Multi<ReplayedRun> runs(StreamReply reply) {
        return Multi.createBy()
                .repeating()
                .uni(() -> take(reply))
                .until(Optional::isEmpty)
                .map(Optional::orElseThrow);
    }

    private Uni<Optional<ReplayedRun>> take(StreamReply reply) {
        Optional<ReplayedRun> taken = next;
        return reply.onWorker(() -> taken.filter(run -> !run.isLive())
                        .flatMap(run -> find(run.found().ordinal())))
                .invoke(found -> next = found)
                .replaceWith(taken);
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
