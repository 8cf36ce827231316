package io.runtape.transcript;

import io.runtape.dialect.Dialect;
import io.runtape.dialect.Message;
import io.runtape.dialect.OpenMessage;
import io.runtape.dialect.OpenPart;
import io.runtape.dialect.OpenTranscript;
import io.runtape.dialect.Part;
import io.runtape.dialect.PartPlaces;
import io.runtape.dialect.RequestMessages;
import io.runtape.error.ApiException;
import io.runtape.run.FrameQuery;
import io.runtape.run.RecordedFrame;
import io.runtape.run.RecordedRequest;
import io.runtape.run.Run;
import io.runtape.run.RunTotals;
import io.runtape.server.memory.ReadOnceList;
import io.runtape.sse.FrameKind;
import io.runtape.sse.Utf8;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A transcript in the making. Confined to one thread. */
final class TranscriptDraft {

    /** As many frames as hold the events that decide about a dialect, and keep-alives between them. */
    private static final long DETECTED_WITHIN = 64;

    /**
     * How many times a byte that is read counts: deltas are joined in buffers that grow by copies, and the result is
     * text.
     */
    private static final int FORMS = 4;

    private final TranscriptSources sources;
    private final Conversation conversation = new Conversation();
    private final List<TranscriptMessage> messages = new ArrayList<>();
    private final LongConsumer room;
    private final Map<Long, Long> arrivals = new HashMap<>();
    /** That of the run that was asked for last. */
    private byte @Nullable [] requestBody;

    private PartPlaces places = PartPlaces.unasked();

    /** How many of the messages come before the response of the run that was asked for last. */
    private int askedMessages;

    private long bytesLeft;
    private long bytesExpected;

    /** For how many bytes room was taken. */
    private long bytesTaken;

    /** What the requests that were left out count as. The responses of their runs are told all the same. */
    private long bytesLeftOut;

    private boolean truncated;

    TranscriptDraft(TranscriptSources sources, LongConsumer room) {
        this(sources, room, sources.bytesMax());
    }

    /** @param bytes of requests and events at most */
    TranscriptDraft(TranscriptSources sources, LongConsumer room, long bytes) {
        this.sources = sources;
        this.room = room;
        this.bytesLeft = Math.min(bytes, sources.bytesMax());
    }

    /** Another one, in the room that this one has taken, for who drops what this one holds. */
    TranscriptDraft again() {
        TranscriptDraft again = new TranscriptDraft(sources, room);
        again.bytesExpected = bytesTaken;
        again.bytesTaken = bytesTaken;
        return again;
    }

    /** How much room so many bytes take that are read for a transcript. */
    static long roomOf(long bytes) {
        return FORMS * bytes;
    }

    /** The messages so far. */
    List<TranscriptMessage> messages() {
        return messages;
    }

    /** Whether something is left out. */
    boolean isTruncated() {
        return truncated;
    }

    /**
     * Makes room for the result of so many bytes of requests and events, up to the bound on what is read. Takes the
     * room at once, since two transcripts that grow step by step would wait for each other.
     */
    void expect(long bytes) {
        expectAll(Math.min(bytes, bytesLeft));
    }

    /** The same for what is read whole, whatever is left. */
    private void expectAll(long bytes) {
        long more = bytes - bytesExpected;
        if (more > 0) {
            room.accept(roomOf(more));
            bytesExpected += more;
            bytesTaken += more;
        }
    }

    /** Whether another run may be added; if not, marks the transcript as truncated. */
    boolean hasRoom() {
        boolean left = bytesLeft > bytesLeftOut;
        truncated |= !left;
        return left;
    }

    void add(Run run, FrameSpan span) throws SQLException {
        if (run.framesExpiredAt != null) {
            addKept(run, span);
            return;
        }
        Asked asked = ask(run, span);
        take(run, conversation.answered(said(run, asked), asked.request), asked.firstEventAt);
        requireWhole(run);
    }

    /** What was read before its rows were deleted is a part of it, at any place. */
    private void requireWhole(Run run) throws SQLException {
        if (!sources.kept().isWhole(run.runPk)) {
            throw new DeletedMeanwhileException();
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
        // Left out as it would be of a run that is still there.
        boolean isTooLong = messages.requestBytes() > bytesLeft;
        leaveOutRequest(isTooLong);
        List<Message> request = isTooLong ? List.of() : messages.request();
        take(run, conversation.asked(request), run.createdAt);
        askedMessages = this.messages.size();
        take(run, conversation.answered(messages.said(), request), run.firstEventAt);
        spend(isTooLong ? messages.bytes() - messages.requestBytes() : messages.bytes());
        truncated |= messages.truncated();
    }

    private KeptMessages readKept(Run run) throws SQLException {
        Optional<byte[]> kept = sources.kept().read(run.runPk, this::expectAll);
        if (kept.isEmpty() && !sources.kept().isExpired(run.runPk)) {
            throw new DeletedMeanwhileException();
        }
        return kept.map(KeptMessages::of).orElseThrow(() -> ApiException.notFound("run"));
    }

    RunContents contents(Run run) throws SQLException {
        RunConversation all = conversation(run);
        List<PlacedPart> parts = new ArrayList<>();
        for (Message message : Conversation.latest(all.asked())) {
            message.parts().forEach(part -> parts.add(new PlacedPart(true, message.role(), part, 0, -1)));
        }
        parts.addAll(all.said());
        return new RunContents(parts, requestBody, truncated);
    }

    RunConversation conversation(Run run) throws SQLException {
        if (run.framesExpiredAt != null) {
            KeptMessages messages = readKept(run);
            truncated |= messages.truncated();
            List<Message> said = conversation.answered(messages.said(), messages.request());
            // Nobody knows which of both it was.
            return new RunConversation(messages.request(), placed(run, said), truncated, truncated);
        }
        long forEvents = bytesLeft;
        Asked asked = ask(run, FrameSpan.WHOLE, Long.MAX_VALUE);
        boolean askedTruncated = truncated;
        // However long the request is.
        bytesLeft = forEvents;
        List<Message> said = conversation.answered(said(run, asked), asked.request);
        requireWhole(run);
        return new RunConversation(asked.request, placed(run, said), askedTruncated, truncated);
    }

    private List<PlacedPart> placed(Run run, List<Message> said) {
        List<PlacedPart> parts = new ArrayList<>();
        for (Message message : said) {
            for (Part part : message.parts()) {
                long sequence = sequence(run, part);
                parts.add(new PlacedPart(false, message.role(), part, sequence, arrivals.getOrDefault(sequence, -1L)));
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

    /** All of the request, however long: nobody else has it then. */
    KeptMessages kept(Run run) throws SQLException {
        long bytesMax = bytesLeft;
        Asked asked = ask(run, FrameSpan.WHOLE, Long.MAX_VALUE);
        long requestBytes = bytesMax - bytesLeft;
        if (bytesLeft < 0) {
            bytesLeft = bytesMax;
        }
        long forEvents = bytesLeft;
        List<Message> said = said(run, asked);
        return new KeptMessages(asked.request, said, requestBytes + forEvents - bytesLeft, requestBytes, truncated);
    }

    /** The same as a section of a document, which marks what may go on. */
    RunSection section(Run run, FrameSpan span) throws SQLException {
        boolean live = !sources.hasEnded(run);
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
            requireWhole(run);
        } else {
            add(run, span);
        }
        List<TranscriptMessage> before = ReadOnceList.of(messages.subList(0, askedMessages));
        List<TranscriptMessage> said = ReadOnceList.of(messages.subList(askedMessages, messages.size()));
        messages.clear();
        RunFacts facts = new RunFacts(run, live, span);
        expectAll(facts.chars());
        spend(facts.chars());
        return new RunSection(facts, live, before, said, ReadOnceList.of(open), firstEventAt);
    }

    OpenRun whole(Run run, long upTo) throws SQLException {
        add(run, FrameSpan.WHOLE);
        return new OpenRun(run, upTo, messages, Optional.empty(), null, truncated);
    }

    /** Ends with a whole event: whoever goes on behind it gets no event without its beginning. */
    OpenRun beginning(Run run, long upTo) throws SQLException {
        Asked asked = ask(run, FrameSpan.WHOLE);
        long complete = sources.frames().lastComplete(run.runPk, upTo);
        RunEvents events = events(run, new FrameSpan(FrameSpan.WHOLE.from(), complete));
        Optional<OpenTranscript> open = asked.dialect.openTranscript(events).map(said -> unasked(said, asked.request));
        spend(events.bytes());
        passOver(events.passedOver());
        truncated |= events.isTruncated() && events.through() == complete;
        requireWhole(run);
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
        return ask(run, span, bytesLeft);
    }

    /** @param requestMax a longer request is left out */
    private Asked ask(Run run, FrameSpan span, long requestMax) throws SQLException {
        // A run that the journal no longer has is durable as a whole.
        @Nullable
        RunTotals live = sources.journal().live(run.runPk).map(l -> l.durable()).orElse(null);
        expect(live == null ? run.byteCount : live.bytes());
        RequestMessages read = RequestMessages.of(body(run, requestMax));
        truncated |= read.truncated();
        List<Message> request = read.messages();
        List<Message> fresh = conversation.asked(request);
        if (span.hasBeginning()) {
            take(run, fresh, run.createdAt);
        }
        askedMessages = messages.size();
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
        Dialect dialect = sources.dialectOf(run);
        if (run.dialect != null || span.hasBeginning()) {
            return dialect;
        }
        RunEvents first = events(run, new FrameSpan(FrameSpan.WHOLE.from(), DETECTED_WITHIN));
        return dialect.openTranscript(first)
                .map(said -> sources.dialectOf(run, said.dialect()))
                .orElse(dialect);
    }

    private RunEvents events(Run run, FrameSpan span) {
        return new RunEvents(
                sources.frames(), run.runPk, span.from(), span.to(), sources.eventBytesMax(), bytesLeft, this::expect);
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

    private String body(Run run, long bytesMax) throws SQLException {
        Optional<RecordedRequest> request = sources.requests().read(run.runPk, bytesMax, this::expectAll);
        // Or the run is gone, as shows at its end.
        leaveOutRequest(request.isEmpty());
        byte[] body = request.map(RecordedRequest::body).orElse(new byte[0]);
        spend(body.length);
        requestBody = body;
        return Utf8.decode(body, 0, body.length);
    }

    /** Otherwise a thread of such requests would be read to its end, however long it is. */
    private void leaveOutRequest(boolean isTooLong) {
        truncated |= isTooLong;
        bytesLeftOut += isTooLong ? RunEvents.tooLong(sources.eventBytesMax()) : 0;
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
        List<RecordedFrame> response = sources.frames()
                .page(
                        run.runPk,
                        new FrameQuery(span.from() - 1, span.to(), List.of(FrameKind.RESPONSE), List.of(), false, 1),
                        this::expect);
        if (response.isEmpty()) {
            return List.of();
        }
        Optional<byte[]> body =
                sources.frames().whole(run.runPk, response.get(0), sources.eventBytesMax(), this::expect);
        if (body.isEmpty()) {
            truncated = true;
            passOver(RunEvents.tooLong(sources.eventBytesMax()));
        }
        return body.map(bytes -> {
                    spend(bytes.length);
                    return asked.dialect.answered(Utf8.decode(bytes, 0, bytes.length));
                })
                .orElse(List.of());
    }

    private void spend(RunEvents events) {
        spend(events.bytes());
        passOver(events.passedOver());
        truncated |= events.isTruncated();
    }

    private void spend(long bytes) {
        bytesLeft -= bytes;
        bytesExpected = Math.max(0, bytesExpected - bytes);
    }

    /** What is too long is read for nothing, and takes no room. */
    private void passOver(long bytes) {
        bytesLeft -= bytes;
    }

    private static @Nullable Instant firstEventAt(Run run, @Nullable RunTotals live) {
        if (live == null) {
            return run.firstEventAt;
        }
        return live.firstOffsetMicros() < 0 ? null : run.createdAt.plus(live.firstOffsetMicros(), ChronoUnit.MICROS);
    }
}
