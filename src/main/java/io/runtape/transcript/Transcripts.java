package io.runtape.transcript;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.dialect.Dialect;
import io.runtape.dialect.Dialects;
import io.runtape.dialect.Message;
import io.runtape.dialect.OpenPart;
import io.runtape.dialect.OpenTranscript;
import io.runtape.dialect.RequestMessages;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.run.AgentThread;
import io.runtape.run.FrameQuery;
import io.runtape.run.FrameReader;
import io.runtape.run.RecordedFrame;
import io.runtape.run.RecordedRequest;
import io.runtape.run.RequestReader;
import io.runtape.run.Run;
import io.runtape.run.RunTotals;
import io.runtape.server.memory.ReadOnceList;
import io.runtape.sse.FrameKind;
import io.runtape.sse.FrameSize;
import io.runtape.sse.Utf8;
import io.runtape.upstream.Upstream;
import io.runtape.upstream.Upstreams;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes transcripts of runs and threads as they are at this moment. Blocks; safe for any thread. */
@Singleton
final class Transcripts {

    /**
     * Bytes of requests and events for one transcript: 32 MiB, which is more than anybody reads, or a sixteenth of the
     * heap if that is less. The rest is left out, since the whole transcript is in memory until it is sent. Not a
     * constant: a native image would take the heap of the build machine.
     */
    private final long bytesMax = Math.min(32L << 20, Runtime.getRuntime().maxMemory() / 16);

    /**
     * How many times a byte that is read counts: deltas are joined in buffers that grow by copies, and the result is
     * text.
     */
    private static final int FORMS = 4;

    private final Journal journal;
    private final FrameReader frames;
    private final RequestReader requests;
    private final Dialects dialects;
    private final Upstreams upstreams;
    private final int eventBytesMax;

    Transcripts(
            Journal journal,
            FrameReader frames,
            RequestReader requests,
            Dialects dialects,
            Upstreams upstreams,
            TranscriptConfig config) {
        this.journal = journal;
        this.dialects = dialects;
        this.upstreams = upstreams;
        this.frames = frames;
        this.requests = requests;
        this.eventBytesMax = FrameSize.max(config.maxFrame().asLongValue());
    }

    /**
     * The owner's run of this id.
     *
     * @throws ApiException 404 if there is no such run
     */
    Run require(Owner owner, String id) {
        return require("run", id, () -> Run.of(owner, id));
    }

    /** The row tells the dialect once the run has ended; until then the settings do, as they do while it is recorded. */
    private Dialect dialectOf(Run run) {
        Optional<Upstream> upstream = upstreams.named(run.upstream);
        return dialects.ofRun(
                run.dialect,
                upstream.map(Upstream::dialect).orElse(Upstream.AUTO),
                upstream.map(at -> at.without(run.path)).orElse(run.path));
    }

    /** Whether the run's transcript can no longer change: its row has the end, and the end is durable. */
    boolean hasEnded(Run run) {
        return !run.running() && journal.unended(run.runPk).isEmpty();
    }

    /** The bounds of a run's transcript, as a text that differs if they differ. */
    String bounds() {
        return bytesMax + " " + eventBytesMax;
    }

    /** Makes the transcript of a run. */
    RunTranscript ofRun(Run run, LongConsumer room) throws SQLException {
        Draft draft = new Draft(room);
        draft.add(run);
        return new RunTranscript(run.id, run.threadId, ReadOnceList.of(draft.messages), draft.truncated);
    }

    /**
     * Makes the transcript of all runs of the owner's thread, one after the other.
     *
     * @throws ApiException 404 if there is no such thread
     */
    ThreadTranscript ofThread(Owner owner, String id, LongConsumer room) throws SQLException {
        AgentThread thread = require("thread", id, () -> AgentThread.of(owner, id));
        Draft draft = new Draft(room);
        draft.expect(read(() -> Run.bytesInThread(owner, thread.id)));
        Optional<Run> next = nextRun(owner, thread, 0);
        while (next.isPresent() && draft.hasRoom()) {
            Run run = next.get();
            draft.add(run);
            Long ordinal = run.threadOrdinal;
            next = ordinal == null ? Optional.empty() : nextRun(owner, thread, ordinal);
        }
        return new ThreadTranscript(thread.id, thread.title, ReadOnceList.of(draft.messages), draft.truncated);
    }

    /**
     * The transcript of a run up to a frame, for readers that go on behind it. A run that has ended is there as a whole.
     *
     * @param upTo the last durable sequence
     * @param ended whether it is the run's last one
     */
    OpenRun ofBeginning(Run run, long upTo, boolean ended, LongConsumer room) throws SQLException {
        Draft draft = new Draft(room);
        return ended ? draft.whole(run, upTo) : draft.beginning(run, upTo);
    }

    private static Optional<Run> nextRun(Owner owner, AgentThread thread, long after) {
        return read(() -> Run.nextInThread(owner, thread.id, after));
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

    /** A transcript in the making. */
    private final class Draft {

        private final Conversation conversation = new Conversation();
        private final List<TranscriptMessage> messages = new ArrayList<>();
        private final LongConsumer room;
        private long bytesLeft = bytesMax;
        private long bytesExpected;
        private boolean truncated;

        Draft(LongConsumer room) {
            this.room = room;
        }

        /**
         * Makes room for the result of so many bytes of requests and events, up to the bound on what is read. Takes the
         * room at once, since two transcripts that grow step by step would wait for each other.
         */
        void expect(long bytes) {
            long more = Math.min(bytes, bytesLeft) - bytesExpected;
            if (more > 0) {
                room.accept(FORMS * more);
                bytesExpected += more;
            }
        }

        /** Whether another run may be added; if not, marks the transcript as truncated. */
        boolean hasRoom() {
            truncated |= bytesLeft <= 0;
            return !truncated;
        }

        void add(Run run) throws SQLException {
            Dialect dialect = dialectOf(run);
            // A run that the journal no longer has is durable as a whole.
            @Nullable
            RunTotals live = journal.live(run.runPk).map(l -> l.durable()).orElse(null);
            expect(live == null ? run.byteCount : live.bytes());
            List<Message> request = RequestMessages.of(body(run));
            take(run, conversation.asked(request), run.createdAt);
            long upTo = live == null ? Long.MAX_VALUE : live.frames();
            List<Message> response = run.stream ? streamed(run, dialect, upTo) : answered(run, dialect, upTo);
            take(run, conversation.answered(response, request), firstEventAt(run, live));
        }

        OpenRun whole(Run run, long upTo) throws SQLException {
            add(run);
            return new OpenRun(run, upTo, messages, Optional.empty(), null, truncated);
        }

        /** Ends with a whole event: whoever goes on behind it gets no event without its beginning. */
        OpenRun beginning(Run run, long upTo) throws SQLException {
            Dialect dialect = dialectOf(run);
            @Nullable
            RunTotals live = journal.live(run.runPk).map(l -> l.durable()).orElse(null);
            expect(live == null ? run.byteCount : live.bytes());
            List<Message> request = RequestMessages.of(body(run));
            take(run, conversation.asked(request), run.createdAt);
            long complete = frames.lastComplete(run.runPk, upTo);
            RunEvents events = new RunEvents(frames, run.runPk, complete, eventBytesMax, bytesLeft, this::expect);
            Optional<OpenTranscript> open = dialect.openTranscript(events).map(said -> unasked(said, request));
            spend(events.bytes());
            truncated |= events.isTruncated() && events.through() == complete;
            long sequence = open.isPresent() ? events.through() : 0;
            return new OpenRun(run, sequence, messages, open, firstEventAt(run, live), truncated);
        }

        private OpenTranscript unasked(OpenTranscript said, List<Message> request) {
            List<Message> plain = said.messages().stream()
                    .map(message -> new Message(
                            message.role(),
                            message.parts().stream().map(OpenPart::part).toList()))
                    .toList();
            int questions = plain.size() - conversation.answered(plain, request).size();
            return new OpenTranscript(
                    said.dialect(),
                    said.messages().subList(questions, said.messages().size()),
                    said.state());
        }

        private void take(Run run, List<Message> said, @Nullable Instant at) {
            for (Message message : said) {
                messages.add(new TranscriptMessage(message.role(), message.parts(), run.id, at));
            }
        }

        private String body(Run run) throws SQLException {
            byte[] body = requests.read(run.runPk, this::expect)
                    .map(RecordedRequest::body)
                    .orElse(new byte[0]);
            spend(body.length);
            return Utf8.decode(body, 0, body.length);
        }

        private List<Message> streamed(Run run, Dialect dialect, long upTo) {
            RunEvents events = new RunEvents(frames, run.runPk, upTo, eventBytesMax, bytesLeft, this::expect);
            List<Message> said = dialect.transcript(events);
            spend(events.bytes());
            truncated |= events.isTruncated();
            return said;
        }

        private List<Message> answered(Run run, Dialect dialect, long upTo) throws SQLException {
            List<RecordedFrame> response = frames.page(
                    run.runPk, new FrameQuery(0, upTo, List.of(FrameKind.RESPONSE), List.of(), false, 1), this::expect);
            if (response.isEmpty()) {
                return List.of();
            }
            Optional<byte[]> body = frames.whole(run.runPk, response.get(0), eventBytesMax, this::expect);
            truncated |= body.isEmpty();
            return body.map(bytes -> {
                        spend(bytes.length);
                        return dialect.answered(Utf8.decode(bytes, 0, bytes.length));
                    })
                    .orElse(List.of());
        }

        private void spend(long bytes) {
            bytesLeft -= bytes;
            bytesExpected = Math.max(0, bytesExpected - bytes);
        }

        private static @Nullable Instant firstEventAt(Run run, @Nullable RunTotals live) {
            if (live == null) {
                return run.firstEventAt;
            }
            return live.firstOffsetMicros() < 0
                    ? null
                    : run.createdAt.plus(live.firstOffsetMicros(), ChronoUnit.MICROS);
        }
    }
}
