package io.runtape.transcript;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.dialect.Dialect;
import io.runtape.dialect.Dialects;
import io.runtape.dialect.Message;
import io.runtape.dialect.OpenMessage;
import io.runtape.dialect.OpenPart;
import io.runtape.dialect.OpenTranscript;
import io.runtape.dialect.Part;
import io.runtape.dialect.PartPlaces;
import io.runtape.dialect.RequestMessages;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.run.AgentThread;
import io.runtape.run.FrameQuery;
import io.runtape.run.FrameReader;
import io.runtape.run.KeptTranscripts;
import io.runtape.run.RecordedFrame;
import io.runtape.run.RecordedRequest;
import io.runtape.run.RequestReader;
import io.runtape.run.Run;
import io.runtape.run.RunTotals;
import io.runtape.run.ThreadPosition;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    /** Bytes of events for what a run brought: 8 MiB, of which the text is a tenth at most if it came word by word. */
    private static final long CONTENTS_BYTES_MAX = 8 << 20;

    /**
     * How many times a byte that is read counts: deltas are joined in buffers that grow by copies, and the result is
     * text.
     */
    private static final int FORMS = 4;

    /** As many frames as hold the events that decide about a dialect, and keep-alives between them. */
    private static final long DETECTED_WITHIN = 64;

    private final Journal journal;
    private final FrameReader frames;
    private final RequestReader requests;
    private final KeptTranscripts kept;
    private final Dialects dialects;
    private final Upstreams upstreams;
    private final int eventBytesMax;

    Transcripts(
            Journal journal,
            FrameReader frames,
            RequestReader requests,
            KeptTranscripts kept,
            Dialects dialects,
            Upstreams upstreams,
            TranscriptConfig config) {
        this.journal = journal;
        this.dialects = dialects;
        this.upstreams = upstreams;
        this.frames = frames;
        this.requests = requests;
        this.kept = kept;
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
        return dialectOf(run, run.dialect);
    }

    /** @param name the dialect's name, if it is known */
    private Dialect dialectOf(Run run, @Nullable String name) {
        Optional<Upstream> upstream = upstreams.named(run.upstream);
        return dialects.ofRun(
                name,
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

    /**
     * Makes the transcript of a part of a run.
     *
     * @throws ApiException 400 if the part lies past the run's last frame
     */
    RunTranscript ofRun(Run run, FrameSpan span, LongConsumer room) throws SQLException {
        return ofPresent(run, now -> {
            requireReached(now, span);
            Draft draft = new Draft(room);
            draft.add(now, span);
            return new RunTranscript(now.id, now.threadId, ReadOnceList.of(draft.messages), draft.truncated);
        });
    }

    /** The same as a document. */
    TranscriptDocument documentOfRun(Run run, FrameSpan span, LongConsumer room) throws SQLException {
        return ofPresent(run, now -> {
            requireReached(now, span);
            Draft draft = new Draft(room);
            List<RunSection> sections = List.of(draft.section(now, span));
            return new TranscriptDocument("run", now.id, null, ReadOnceList.of(sections), draft.truncated);
        });
    }

    /** Makes something of a run, and anew of its row as it is then if its frames are deleted meanwhile. */
    private static <T> T ofPresent(Run run, RunMaking<T> making) throws SQLException {
        try {
            return making.of(run);
        } catch (ExpiredMeanwhileException e) {
            return making.of(require("run", run.id, () -> Run.findByIdOptional(run.runPk)));
        }
    }

    /** Makes something of a run. */
    @FunctionalInterface
    private interface RunMaking<T> {
        T of(Run run) throws SQLException;
    }

    /** What a run that has ended brought: parts of its transcript, without what its request only repeats. */
    RunContents contents(Run run, LongConsumer room) throws SQLException {
        return ofPresent(run, now -> new Draft(room, CONTENTS_BYTES_MAX).contents(now));
    }

    /** What a run was asked and has brought so far, also what its request only repeats. */
    RunConversation conversation(Run run, LongConsumer room) throws SQLException {
        return ofPresent(run, now -> new Draft(room, CONTENTS_BYTES_MAX).conversation(now));
    }

    /** How much room the contents of a run take whose events have so many bytes. */
    static long roomOfContents(long eventBytes) {
        return FORMS * Math.min(eventBytes, CONTENTS_BYTES_MAX);
    }

    /** What is kept of a run that has ended when its frames are deleted. */
    KeptMessages kept(Run run, LongConsumer room) throws SQLException {
        return new Draft(room).kept(run);
    }

    /**
     * Makes the transcript of a part of the owner's thread, one run after the other.
     *
     * @throws ApiException 404 if there is no such thread; 400 if the part lies past the thread's last frame
     */
    ThreadTranscript ofThread(Owner owner, String id, FrameSpan span, LongConsumer room) throws SQLException {
        AgentThread thread = require("thread", id, () -> AgentThread.of(owner, id));
        return ofPresent(() -> {
            Draft draft = new Draft(room);
            eachRun(owner, thread, span, draft, draft::add);
            return new ThreadTranscript(thread.id, thread.title, ReadOnceList.of(draft.messages), draft.truncated);
        });
    }

    /** The same as a document. */
    TranscriptDocument documentOfThread(Owner owner, String id, FrameSpan span, LongConsumer room) throws SQLException {
        AgentThread thread = require("thread", id, () -> AgentThread.of(owner, id));
        return ofPresent(() -> {
            Draft draft = new Draft(room);
            List<RunSection> sections = new ArrayList<>();
            eachRun(owner, thread, span, draft, (run, part) -> sections.add(draft.section(run, part)));
            return new TranscriptDocument(
                    "thread", thread.id, thread.title, ReadOnceList.of(sections), draft.truncated);
        });
    }

    /** Makes something of a thread, and anew as often as frames of its runs are deleted meanwhile. */
    private static <T> T ofPresent(ThreadMaking<T> making) throws SQLException {
        while (true) {
            try {
                return making.make();
            } catch (ExpiredMeanwhileException e) {
                // Each time at least one run more has expired.
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

    private void eachRun(Owner owner, AgentThread thread, FrameSpan span, Draft draft, RunTaker taker)
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
        long last = lastSequence(run);
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
        long last = run.isPresent() ? lastSequence(run.get()) : 0;
        if (ofNoRun || run.isPresent() && ThreadPosition.sequence(position) > last) {
            throw ApiException.unknownSequence(ThreadPosition.base(ordinal) + last);
        }
    }

    private long lastSequence(Run run) throws SQLException {
        Optional<RunJournal> live = journal.live(run.runPk);
        if (live.isPresent()) {
            return live.get().durable().frames();
        }
        return run.running() ? frames.totals(run.runPk).frames() : run.lastSequence;
    }

    /**
     * The transcript of a run up to a frame, for readers that go on behind it. A run that has ended is there as a whole.
     *
     * @param upTo the last durable sequence
     * @param ended whether it is the run's last one
     */
    OpenRun ofBeginning(Run run, long upTo, boolean ended, LongConsumer room) throws SQLException {
        Draft draft = new Draft(room);
        try {
            return ended ? draft.whole(run, upTo) : draft.beginning(run, upTo);
        } catch (ExpiredMeanwhileException e) {
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

    /** A transcript in the making. */
    private final class Draft {

        private final Conversation conversation = new Conversation();
        private final List<TranscriptMessage> messages = new ArrayList<>();
        private final LongConsumer room;
        private final Map<Long, Long> arrivals = new HashMap<>();
        private PartPlaces places = PartPlaces.unasked();
        private long bytesLeft;
        private long bytesExpected;
        private boolean truncated;

        Draft(LongConsumer room) {
            this(room, bytesMax);
        }

        Draft(LongConsumer room, long bytes) {
            this.room = room;
            this.bytesLeft = Math.min(bytes, bytesMax);
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

        void add(Run run, FrameSpan span) throws SQLException {
            if (run.framesExpiredAt != null) {
                addKept(run, span);
                return;
            }
            Asked asked = ask(run, span);
            take(run, conversation.answered(said(run, asked), asked.request), asked.firstEventAt);
            if (!run.running() && kept.isThere(run.runPk)) {
                throw new ExpiredMeanwhileException();
            }
        }

        private List<Message> said(Run run, Asked asked) throws SQLException {
            return run.stream ? streamed(run, asked) : answered(run, asked);
        }

        /** What was kept is whole: nobody knows any more which frame brought which part of it. */
        private void addKept(Run run, FrameSpan span) throws SQLException {
            if (!span.hasBeginning() || span.to() < run.lastSequence) {
                throw ApiException.framesExpired();
            }
            KeptMessages messages = readKept(run);
            take(run, conversation.asked(messages.request()), run.createdAt);
            take(run, conversation.answered(messages.said(), messages.request()), run.firstEventAt);
            spend(messages.bytes());
            truncated |= messages.truncated();
        }

        private KeptMessages readKept(Run run) throws SQLException {
            return kept.read(run.runPk, this::expect)
                    .map(KeptMessages::of)
                    .orElseThrow(() -> ApiException.notFound("run"));
        }

        RunContents contents(Run run) throws SQLException {
            RunConversation all = conversation(run);
            List<PlacedPart> parts = new ArrayList<>();
            for (Message message : Conversation.latest(all.asked())) {
                message.parts().forEach(part -> parts.add(new PlacedPart(true, message.role(), part, 0, -1)));
            }
            parts.addAll(all.said());
            return new RunContents(parts, truncated);
        }

        RunConversation conversation(Run run) throws SQLException {
            if (run.framesExpiredAt != null) {
                KeptMessages messages = readKept(run);
                truncated |= messages.truncated();
                List<Message> said = conversation.answered(messages.said(), messages.request());
                return new RunConversation(messages.request(), placed(run, said), truncated);
            }
            long forEvents = bytesLeft;
            Asked asked = ask(run, FrameSpan.WHOLE);
            // However long the request is.
            bytesLeft = forEvents;
            List<Message> said = conversation.answered(said(run, asked), asked.request);
            if (kept.isThere(run.runPk)) {
                throw new ExpiredMeanwhileException();
            }
            return new RunConversation(asked.request, placed(run, said), truncated);
        }

        private List<PlacedPart> placed(Run run, List<Message> said) {
            List<PlacedPart> parts = new ArrayList<>();
            for (Message message : said) {
                for (Part part : message.parts()) {
                    long sequence = sequence(run, part);
                    parts.add(new PlacedPart(
                            false, message.role(), part, sequence, arrivals.getOrDefault(sequence, -1L)));
                }
            }
            return parts;
        }

        /** What only the end of a stream tells belongs to its last frame, and so does all of another response. */
        private long sequence(Run run, Part part) {
            if (run.framesExpiredAt != null) {
                return 0;
            }
            if (!run.stream) {
                return run.lastSequence;
            }
            long sequence = places.of(part);
            if (!run.running()) {
                return Math.min(sequence, run.lastSequence);
            }
            return sequence == FrameSpan.WHOLE.to() ? 0 : sequence;
        }

        KeptMessages kept(Run run) throws SQLException {
            Asked asked = ask(run, FrameSpan.WHOLE);
            List<Message> said = said(run, asked);
            return new KeptMessages(asked.request, said, bytesMax - bytesLeft, truncated);
        }

        /** The same as a section of a document, which marks what may go on. */
        RunSection section(Run run, FrameSpan span) throws SQLException {
            boolean live = !hasEnded(run);
            List<OpenMessage> open = List.of();
            @Nullable Instant firstEventAt = null;
            if (live && run.stream) {
                Asked asked = ask(run, span);
                firstEventAt = asked.firstEventAt;
                RunEvents events = events(run, asked.response);
                Optional<OpenTranscript> said = asked.dialect.openTranscript(events);
                if (said.isPresent()) {
                    open = unasked(said.get(), asked.request).messages();
                    spend(events);
                } else {
                    // It speaks no known dialect yet.
                    take(run, conversation.answered(streamed(run, asked), asked.request), firstEventAt);
                }
            } else {
                add(run, span);
            }
            List<TranscriptMessage> own = ReadOnceList.of(messages);
            messages.clear();
            return new RunSection(run, live, span, own, ReadOnceList.of(open), firstEventAt);
        }

        OpenRun whole(Run run, long upTo) throws SQLException {
            add(run, FrameSpan.WHOLE);
            return new OpenRun(run, upTo, messages, Optional.empty(), null, truncated);
        }

        /** Ends with a whole event: whoever goes on behind it gets no event without its beginning. */
        OpenRun beginning(Run run, long upTo) throws SQLException {
            Asked asked = ask(run, FrameSpan.WHOLE);
            long complete = frames.lastComplete(run.runPk, upTo);
            RunEvents events = events(run, new FrameSpan(FrameSpan.WHOLE.from(), complete));
            Optional<OpenTranscript> open =
                    asked.dialect.openTranscript(events).map(said -> unasked(said, asked.request));
            spend(events.bytes());
            truncated |= events.isTruncated() && events.through() == complete;
            long sequence = open.isPresent() ? events.through() : 0;
            return new OpenRun(run, sequence, messages, open, asked.firstEventAt, truncated);
        }

        /**
         * How the transcript of a run begins.
         *
         * @param request all that was asked, also what is not told again
         * @param response the frames of the response that are told
         */
        private record Asked(
                Dialect dialect,
                List<Message> request,
                FrameSpan response,
                @Nullable Instant firstEventAt) {}

        private Asked ask(Run run, FrameSpan span) throws SQLException {
            // A run that the journal no longer has is durable as a whole.
            @Nullable
            RunTotals live = journal.live(run.runPk).map(l -> l.durable()).orElse(null);
            expect(live == null ? run.byteCount : live.bytes());
            List<Message> request = RequestMessages.of(body(run));
            List<Message> fresh = conversation.asked(request);
            if (span.hasBeginning()) {
                take(run, fresh, run.createdAt);
            }
            FrameSpan response = new FrameSpan(span.from(), Math.min(span.to(), last(run, live)));
            return new Asked(dialect(run, span), request, response, firstEventAt(run, live));
        }

        /** The last frame that may be there: whoever knows it need not look for another one. */
        private long last(Run run, @Nullable RunTotals live) {
            if (live != null) {
                return live.frames();
            }
            return run.running() ? FrameSpan.WHOLE.to() : run.lastSequence;
        }

        /** The first events tell the dialect of a live run, also where they are not told themselves. */
        private Dialect dialect(Run run, FrameSpan span) {
            Dialect dialect = dialectOf(run);
            if (run.dialect != null || span.hasBeginning()) {
                return dialect;
            }
            RunEvents first = events(run, new FrameSpan(FrameSpan.WHOLE.from(), DETECTED_WITHIN));
            return dialect.openTranscript(first)
                    .map(said -> dialectOf(run, said.dialect()))
                    .orElse(dialect);
        }

        private RunEvents events(Run run, FrameSpan span) {
            return new RunEvents(frames, run.runPk, span.from(), span.to(), eventBytesMax, bytesLeft, this::expect);
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

        private List<Message> streamed(Run run, Asked asked) {
            RunEvents events = events(run, asked.response);
            places = new PartPlaces(() -> {
                // At the end of the stream the last frame is the present one, and has come before.
                arrivals.merge(events.through(), events.offsetMicros(), Math::max);
                return events.through();
            });
            List<Message> said = asked.dialect.transcript(events, places);
            spend(events);
            return said;
        }

        private List<Message> answered(Run run, Asked asked) throws SQLException {
            FrameSpan span = asked.response;
            List<RecordedFrame> response = frames.page(
                    run.runPk,
                    new FrameQuery(span.from() - 1, span.to(), List.of(FrameKind.RESPONSE), List.of(), false, 1),
                    this::expect);
            if (response.isEmpty()) {
                return List.of();
            }
            Optional<byte[]> body = frames.whole(run.runPk, response.get(0), eventBytesMax, this::expect);
            truncated |= body.isEmpty();
            return body.map(bytes -> {
                        spend(bytes.length);
                        return asked.dialect.answered(Utf8.decode(bytes, 0, bytes.length));
                    })
                    .orElse(List.of());
        }

        private void spend(RunEvents events) {
            spend(events.bytes());
            truncated |= events.isTruncated();
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
