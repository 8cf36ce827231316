package io.runtape.delivery;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.cluster.RemoteRuns;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.run.AgentThread;
import io.runtape.run.FrameReader;
import io.runtape.run.Run;
import io.runtape.run.ThreadPosition;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Finds runs and threads for readers of streams. Every method blocks: call it on a worker thread. */
@Singleton
public final class RunSources {

    private final Journal journal;
    private final RemoteRuns remote;
    private final FrameReader frames;

    RunSources(Journal journal, RemoteRuns remote, FrameReader frames) {
        this.journal = journal;
        this.remote = remote;
        this.frames = frames;
    }

    /** A run, and the source of its frames. */
    public record Found(Run run, RunSource source) {

        /** The run's ordinal in its thread; 0 as long as it has none. */
        long ordinal() {
            Long ordinal = run.threadOrdinal;
            return ordinal == null ? 0 : ordinal;
        }

        /** Whether its frames are deleted. */
        public boolean isExpired() {
            return run.framesExpiredAt != null;
        }

        /** @throws ApiException 410 if its frames are deleted */
        public void requireFrames() {
            if (isExpired()) {
                throw ApiException.framesExpired();
            }
        }

        /** Added to a sequence of the run, gives the position in its thread. */
        long idBase() {
            return ThreadPosition.base(ordinal());
        }
    }

    /**
     * The owner's run.
     *
     * @throws ApiException 404 if there is none
     */
    Found run(Owner owner, String id) {
        return find(owner, id).orElseThrow(() -> ApiException.notFound("run"));
    }

    /** The owner's run, if it exists. */
    public Optional<Found> find(Owner owner, String id) {
        return find(() -> Run.of(owner, id));
    }

    /** The run with that key; empty if it was deleted. */
    public Optional<Found> byKey(long runPk) {
        return find(() -> Run.findByIdOptional(runPk));
    }

    /** The thread's next run after that ordinal. */
    Optional<Found> nextInThread(Owner owner, String threadId, long ordinal) {
        return find(() -> Run.nextInThread(owner, threadId, ordinal));
    }

    /**
     * The owner's thread.
     *
     * @throws ApiException 404 if there is none
     */
    AgentThread thread(Owner owner, String id) {
        return read(() -> AgentThread.of(owner, id)).orElseThrow(() -> ApiException.notFound("thread"));
    }

    /**
     * Checks that the thread is the one that began then and had this place, and was not deleted since.
     *
     * @throws BrokenOffException if it was, though there may be a new thread of that id
     */
    void requireSameThread(Owner owner, String id, Instant began, long ordinal) {
        boolean isSame = read(() -> AgentThread.of(owner, id))
                // An import of earlier runs sets the time back.
                .filter(thread -> !thread.createdAt.isAfter(began) && thread.lastOrdinal >= ordinal)
                .isPresent();
        if (!isSame) {
            throw new BrokenOffException("the thread was deleted");
        }
    }

    /**
     * Checks that the frames behind a position of the thread are there.
     *
     * @param upTo the position with whose run it ends; {@link Long#MAX_VALUE} for the thread's end
     * @throws ApiException 410 if those of a run were deleted
     */
    void requireFrames(Owner owner, String threadId, long position, long upTo) {
        read(() -> Run.lastExpiredInThread(owner, threadId, position, upTo)).ifPresent(last -> {
            throw ApiException.framesExpired(last);
        });
    }

    /**
     * The owner's thread, which has this position.
     *
     * @param position a {@link ThreadPosition}; 0 for its beginning
     * @throws ApiException 404 if there is no such thread, 400 if the position is past its end
     */
    AgentThread requirePosition(Owner owner, String threadId, long position) {
        AgentThread thread = thread(owner, threadId);
        long ordinal = ThreadPosition.ordinal(position);
        long sequence = ThreadPosition.sequence(position);
        if (ordinal > thread.lastOrdinal || ordinal == 0 && sequence > 0) {
            throw ApiException.unknownPosition(lastPosition(owner, thread));
        }
        nextInThread(owner, threadId, ordinal - 1)
                .filter(found -> found.ordinal() == ordinal && found.source().durableSequence() < sequence)
                .ifPresent(found -> {
                    requireKnown(found.source(), sequence);
                    throw ApiException.unknownPosition(
                            found.idBase() + found.source().durableSequence());
                });
        return thread;
    }

    /**
     * Checks that this gateway does not know less than another one has shown. If the answer of a commit is lost, or if
     * the gateway was paused, the tables have frames of its own run that it does not know to be durable yet.
     *
     * @param sequence the position that a reader names; one that no gateway has passes
     * @throws BrokenOffException if the tables have this frame and this gateway does not know it
     */
    public void requireKnown(RunSource source, long sequence) {
        boolean mayLag =
                sequence > source.durableSequence() && source.live() instanceof RunJournal && journal.mayHaveOthers();
        if (mayLag && sequence <= last(source.pk())) {
            throw new BrokenOffException("this gateway does not know yet that the position is durable");
        }
    }

    /**
     * Where a tail begins for a reader that has the frames up to a position of the run: there, or before the event that the frame there is
     * a part of, since the tail shows that as a whole.
     */
    long tailStart(Found found, long after) {
        Run run = found.run;
        boolean hasParts = run.running() || run.frameCount > run.eventCount;
        if (after == 0 || found.isExpired() || !hasParts) {
            return after;
        }
        try {
            boolean isComplete = frames.completes(run.runPk, after - 1, after).kind() != null;
            return isComplete ? after : frames.lastComplete(run.runPk, after);
        } catch (SQLException e) {
            throw new BrokenOffException("the frames cannot be read", e);
        }
    }

    private long last(long runPk) {
        try {
            return frames.last(runPk);
        } catch (SQLException e) {
            throw new BrokenOffException("the frames cannot be read", e);
        }
    }

    /** The last position of the thread; the base of its last ordinal if that run was deleted. */
    private long lastPosition(Owner owner, AgentThread thread) {
        return nextInThread(owner, thread.id, thread.lastOrdinal - 1)
                .filter(found -> found.ordinal() == thread.lastOrdinal)
                .map(found -> found.idBase() + found.source().durableSequence())
                .orElse(ThreadPosition.base(thread.lastOrdinal));
    }

    private Optional<Found> find(Supplier<Optional<Run>> query) {
        // If the journal is gone, the run has ended since its row was read; reading the row again shows the end.
        Optional<Found> found = Optional.empty();
        for (int reads = 0; reads < 2 && found.isEmpty(); reads++) {
            Optional<Run> run = read(query);
            if (run.isEmpty()) {
                return Optional.empty();
            }
            found = run.flatMap(this::source);
        }
        if (found.isEmpty()) {
            throw new BrokenOffException("the run is neither live here nor ended");
        }
        return found;
    }

    private Optional<Found> source(Run run) {
        @Nullable RunJournal live = journal.live(run.runPk).orElse(null);
        if (live != null) {
            return Optional.of(new Found(run, RunSource.of(live, run.owner)));
        }
        if (!run.running()) {
            return Optional.of(new Found(run, RunSource.ended(run)));
        }
        return journal.owns(run.runPk) ? Optional.empty() : elsewhere(run);
    }

    private Optional<Found> elsewhere(Run run) {
        try {
            return remote.run(run.runPk, run.id).map(live -> new Found(run, RunSource.of(live, run.owner)));
        } catch (SQLException e) {
            throw new BrokenOffException("the frames cannot be read", e);
        }
    }

    private static <T> T read(Supplier<T> query) {
        return QuarkusTransaction.requiringNew().call(query::get);
    }
}
