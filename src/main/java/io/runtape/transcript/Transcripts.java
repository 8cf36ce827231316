package io.runtape.transcript;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.run.AgentThread;
import io.runtape.run.Run;
import io.runtape.run.ThreadPosition;
import io.runtape.server.memory.ReadOnceList;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/** Makes transcripts of runs and threads as they are at this moment. Blocks; safe for any thread. */
@Singleton
final class Transcripts {

    /** Bytes of events for what a run brought: 8 MiB, of which the text is a tenth at most if it came word by word. */
    private static final long CONTENTS_BYTES_MAX = 8 << 20;

    private final TranscriptSources sources;

    Transcripts(TranscriptSources sources) {
        this.sources = sources;
    }

    /**
     * The owner's run of this id.
     *
     * @throws ApiException 404 if there is no such run
     */
    Run require(Owner owner, String id) {
        return require("run", id, () -> Run.of(owner, id));
    }

    /** Whether the run's transcript can no longer change: its row has the end, and the end is durable. */
    boolean hasEnded(Run run) {
        return sources.hasEnded(run);
    }

    /** The bounds of a run's transcript, as a text that differs if they differ. */
    String bounds() {
        return sources.bytesMax() + " " + sources.eventBytesMax();
    }

    /**
     * Makes the transcript of a part of a run.
     *
     * @throws ApiException 400 if the part lies past the run's last frame; 404 if the run is deleted meanwhile
     */
    RunTranscript ofRun(Run run, FrameSpan span, LongConsumer room) throws SQLException {
        return ofPresent(run, now -> {
            requireReached(now, span);
            TranscriptDraft draft = new TranscriptDraft(sources, room);
            draft.add(now, span);
            return new RunTranscript(now.id, now.threadId, ReadOnceList.of(draft.messages()), draft.isTruncated());
        });
    }

    /** The same as a document. */
    TranscriptDocument documentOfRun(Run run, FrameSpan span, LongConsumer room) throws SQLException {
        return ofPresent(run, now -> {
            requireReached(now, span);
            TranscriptDraft draft = new TranscriptDraft(sources, room);
            List<RunSection> sections = List.of(draft.section(now, span));
            return new TranscriptDocument("run", now.id, null, ReadOnceList.of(sections), draft.isTruncated());
        });
    }

    /** Makes something of a run, and anew of its row as it is then if the row or its frames are deleted meanwhile. */
    private static <T> T ofPresent(Run run, RunMaking<T> making) throws SQLException {
        Run now = run;
        while (true) {
            try {
                return making.of(now);
            } catch (DeletedMeanwhileException e) {
                // It has expired, or is gone: the first can be so once.
                now = require("run", run.id, () -> Run.findByIdOptional(run.runPk));
            }
        }
    }

    /** Makes something of a run. */
    @FunctionalInterface
    private interface RunMaking<T> {
        T of(Run run) throws SQLException;
    }

    /**
     * What a run that has ended brought: parts of its transcript, without what its request only repeats.
     *
     * @throws ApiException 404 if the run is gone
     */
    RunContents contents(Run run, LongConsumer room) throws SQLException {
        return ofPresent(run, now -> new TranscriptDraft(sources, room, CONTENTS_BYTES_MAX).contents(now));
    }

    /** What a run was asked and has brought so far, also what its request only repeats. */
    RunConversation conversation(Run run, LongConsumer room) throws SQLException {
        return ofPresent(run, now -> new TranscriptDraft(sources, room, CONTENTS_BYTES_MAX).conversation(now));
    }

    /** How much room the contents of a run take whose events have so many bytes. */
    static long roomOfContents(long eventBytes) {
        return TranscriptDraft.roomOf(Math.min(eventBytes, CONTENTS_BYTES_MAX));
    }

    /** What is kept of a run that has ended when its frames are deleted. */
    KeptMessages kept(Run run, LongConsumer room) throws SQLException {
        return new TranscriptDraft(sources, room).kept(run);
    }

    /**
     * Makes the transcript of a part of the owner's thread, one run after the other.
     *
     * @throws ApiException 404 if there is no such thread; 400 if the part lies past the thread's last frame
     */
    ThreadTranscript ofThread(Owner owner, String id, FrameSpan span, LongConsumer room) throws SQLException {
        return ofPresent(() -> {
            AgentThread thread = require("thread", id, () -> AgentThread.of(owner, id));
            TranscriptDraft draft = new TranscriptDraft(sources, room);
            eachRun(owner, thread, span, draft, draft::add);
            return new ThreadTranscript(
                    thread.id, thread.title, ReadOnceList.of(draft.messages()), draft.isTruncated());
        });
    }

    /** The same as a document. */
    TranscriptDocument documentOfThread(Owner owner, String id, FrameSpan span, LongConsumer room) throws SQLException {
        return ofPresent(() -> {
            AgentThread thread = require("thread", id, () -> AgentThread.of(owner, id));
            TranscriptDraft draft = new TranscriptDraft(sources, room);
            List<RunSection> sections = new ArrayList<>();
            eachRun(owner, thread, span, draft, (run, part) -> sections.add(draft.section(run, part)));
            return new TranscriptDocument(
                    "thread", thread.id, thread.title, ReadOnceList.of(sections), draft.isTruncated());
        });
    }

    /** Makes something of a thread, and anew as often as runs of it, or their frames, are deleted meanwhile. */
    private static <T> T ofPresent(ThreadMaking<T> making) throws SQLException {
        while (true) {
            try {
                return making.make();
            } catch (DeletedMeanwhileException e) {
                // Each time at least one run more has expired, or is gone.
                continue;
            }
        }
    }

    /** Makes something of a thread. */
    @FunctionalInterface
    private interface ThreadMaking<T> {
        T make() throws SQLException;
    }

    /** Takes a part of a run into a transcript. */
    @FunctionalInterface
    private interface RunTaker {
        void take(Run run, FrameSpan part) throws SQLException;
    }

    private void eachRun(Owner owner, AgentThread thread, FrameSpan span, TranscriptDraft draft, RunTaker taker)
            throws SQLException {
        if (!span.equals(FrameSpan.WHOLE)) {
            requireReached(owner, thread, span.from());
            requireReached(owner, thread, span.to());
        }
        draft.expect(read(() -> Run.bytesInThread(owner, thread.id)));
        long last = ThreadPosition.ordinal(span.to());
        Optional<Run> next = nextRun(owner, thread, ThreadPosition.ordinal(span.from()) - 1, last);
        while (next.isPresent() && draft.hasRoom()) {
            Run run = next.get();
            long ordinal = ordinal(run);
            taker.take(run, span.inRun(ordinal));
            next = nextRun(owner, thread, ordinal, last);
        }
    }

    private void requireReached(Run run, FrameSpan span) throws SQLException {
        if (span.equals(FrameSpan.WHOLE)) {
            return;
        }
        long last = sources.lastSequence(run);
        boolean reaches = span.hasBeginning() || span.from() <= last;
        if (!reaches || span.to() != FrameSpan.WHOLE.to() && span.to() > last) {
            throw ApiException.unknownSequence(last);
        }
    }

    /** A position in a deleted run is not past the end. */
    private void requireReached(Owner owner, AgentThread thread, long position) throws SQLException {
        if (position == FrameSpan.WHOLE.from() || position == FrameSpan.WHOLE.to()) {
            return;
        }
        long asked = ThreadPosition.ordinal(position);
        // Places count from 1: a smaller position is a sequence of a run, used as a position of the thread.
        boolean ofNoRun = asked == 0 || asked > thread.lastOrdinal;
        long ordinal = ofNoRun ? thread.lastOrdinal : asked;
        Optional<Run> run = nextRun(owner, thread, ordinal - 1, ordinal);
        long last = run.isPresent() ? sources.lastSequence(run.get()) : 0;
        if (ofNoRun || run.isPresent() && ThreadPosition.sequence(position) > last) {
            throw ApiException.unknownPosition(ThreadPosition.base(ordinal) + last);
        }
    }

    /**
     * The transcript of a run up to a frame, for readers that go on behind it. A run that has ended is there as a whole if it fits.
     *
     * @param upTo the last durable sequence
     * @param ended whether it is the run's last one
     */
    OpenRun ofBeginning(Run run, long upTo, boolean ended, LongConsumer room) throws SQLException {
        TranscriptDraft draft = new TranscriptDraft(sources, room);
        try {
            if (!ended) {
                return draft.beginning(run, upTo);
            }
            OpenRun whole = draft.whole(run, upTo);
            boolean framesFollow = whole.truncated() && run.stream && run.framesExpiredAt == null;
            return framesFollow ? draft.again().beginning(run, upTo) : whole;
        } catch (DeletedMeanwhileException e) {
            require("run", run.id, () -> Run.findByIdOptional(run.runPk));
            throw ApiException.framesExpired();
        }
    }

    /** The next run after that ordinal and up to the last one. */
    private static Optional<Run> nextRun(Owner owner, AgentThread thread, long after, long last) {
        return read(() -> Run.nextInThread(owner, thread.id, after)).filter(run -> ordinal(run) <= last);
    }

    /** Its ordinal in its thread, which such a look-up has found it by. */
    private static long ordinal(Run run) {
        return Objects.requireNonNull(run.threadOrdinal);
    }

    private static <T> T require(String what, String id, Supplier<Optional<T>> query) {
        // No thread has an id with U+0000, and PostgreSQL refuses a query with it.
        Optional<T> found = id.indexOf('\0') < 0 ? read(query) : Optional.empty();
        return found.orElseThrow(() -> ApiException.notFound(what));
    }

    /** Runs the query in a transaction of its own, which sees what is committed now. */
    private static <T> T read(Supplier<T> query) {
        return QuarkusTransaction.requiringNew().call(query::get);
    }
}
