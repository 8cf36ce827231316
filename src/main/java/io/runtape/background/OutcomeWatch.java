package io.runtape.background;

import io.netty.channel.EventLoop;
import io.runtape.dialect.Payload;
import io.runtape.sse.EventParser;
import io.runtape.sse.FrameKind;
import io.runtape.sse.FrameSplitter;
import io.runtape.sse.Framer;
import io.runtape.sse.ResponseFramer;
import io.runtape.sse.ServerSentEvent;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads along in one response that passes: it keeps a whole response, or the event of a stream that ends it. Confined to
 * the event loop of the response.
 */
public final class OutcomeWatch {

    /** The longest response, or event, that is kept. */
    static final int BYTES_MAX = 1 << 20;

    /** The events that have a response as it ended. */
    private static final Set<String> TERMINAL =
            Set.of("response.completed", "response.incomplete", "response.failed", "response.cancelled");

    private final BackgroundOutcomes outcomes;
    private final BackgroundRun run;
    private final boolean stream;
    private final EventLoop loop;
    private final Framer framer;
    private byte @Nullable [] kept;
    private long held;
    private boolean over;

    private OutcomeWatch(BackgroundOutcomes outcomes, BackgroundRun run, boolean stream, EventLoop loop) {
        this.outcomes = outcomes;
        this.run = run;
        this.stream = stream;
        this.loop = loop;
        this.framer = stream ? new FrameSplitter(BYTES_MAX, this::frame) : new ResponseFramer(BYTES_MAX, this::frame);
    }

    static OutcomeWatch ofResponse(BackgroundOutcomes outcomes, BackgroundRun run, EventLoop loop) {
        return new OutcomeWatch(outcomes, run, false, loop);
    }

    static OutcomeWatch ofStream(BackgroundOutcomes outcomes, BackgroundRun run, EventLoop loop) {
        return new OutcomeWatch(outcomes, run, true, loop);
    }

    /** Takes the next bytes; they stay the caller's. */
    public void bytes(Buffer chunk) {
        if (over) {
            return;
        }
        byte[] bytes = chunk.getBytes();
        framer.feed(bytes, 0, bytes.length);
        long now = framer.pendingBytes() + (kept == null ? 0 : kept.length);
        if (outcomes.hold(now - held)) {
            held = now;
        } else {
            drop();
        }
    }

    /**
     * The response has ended or broken off, or its client has left: what it has told until then counts. A client that
     * knows the length of a response may leave before its end is seen here. A response that lacks a part is no JSON, so it
     * tells nothing.
     */
    public void end() {
        if (!over) {
            framer.end();
        }
        byte[] bytes = kept;
        if (over || bytes == null) {
            drop();
            return;
        }
        over = true;
        kept = null;
        outcomes.came(run, bytes, stream, loop, () -> outcomes.hold(-held));
    }

    private void drop() {
        if (!over) {
            over = true;
            kept = null;
            outcomes.hold(-held);
        }
    }

    /** A frame that comes in parts is longer than what is kept. */
    private void frame(
            FrameKind kind, byte[] bytes, int from, int to, @Nullable String event, String lastEventId, int parts) {
        boolean whole = parts == 0 && (kind == FrameKind.RESPONSE || kind == FrameKind.EVENT);
        if (whole && (!stream || isTerminal(event, bytes, from, to))) {
            kept = Arrays.copyOfRange(bytes, from, to);
        }
    }

    private static boolean isTerminal(@Nullable String named, byte[] bytes, int from, int to) {
        @Nullable String type = named;
        if (type == null) {
            @Nullable ServerSentEvent event = EventParser.parse(bytes, from, to, false, "");
            type = event == null ? null : Payload.typeIn(event.data());
        }
        return type != null && TERMINAL.contains(type);
    }
}
