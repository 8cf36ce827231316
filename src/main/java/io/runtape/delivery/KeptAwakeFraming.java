package io.runtape.delivery;

import io.runtape.run.FrameBlock;
import io.runtape.sse.FrameKind;
import io.runtape.sse.SseWriter;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The form of an event stream for a client that asked for comments while nothing happens: {@code Runtape-Keep-Alive}
 * (docs/reference/http-api.md, "Calls through the gateway"). Leaves out a byte order mark at the start of the stream,
 * which a client misreads after a comment.
 */
final class KeptAwakeFraming implements StreamFormat {

    private final StreamFormat frames;
    private final Duration idle;
    private final @Nullable Function<@Nullable String, byte[]> failure;
    private boolean betweenFrames = true;

    /**
     * @param frames the form of the frames
     * @param idle how long nothing may happen until a comment goes out
     * @param failure see {@link BodyForm}
     */
    KeptAwakeFraming(StreamFormat frames, Duration idle, @Nullable Function<@Nullable String, byte[]> failure) {
        this.frames = frames;
        this.idle = idle;
        this.failure = failure;
    }

    @Override
    public Rendered render(List<FrameBlock> blocks, long after) {
        FrameBlock first = blocks.get(0);
        int mark = after == 0 ? SseWriter.bomLength(first.bytes(), first.start(0), first.end(0)) : 0;
        Rendered rendered = frames.render(blocks, after);
        blocks.forEach(this::note);
        Buffer bytes = rendered.bytes();
        return mark == 0 ? rendered : new Rendered(bytes.slice(mark, bytes.length()), rendered.position());
    }

    /** Frames of kind encoded are not shown, so that nothing depends on where they lie. */
    private void note(FrameBlock block) {
        for (int i = block.count() - 1; i >= 0; i--) {
            FrameKind kind = block.kind(i);
            if (kind != FrameKind.ENCODED) {
                betweenFrames = kind == FrameKind.EVENT || kind == FrameKind.COMMENT;
                return;
            }
        }
    }

    @Override
    public @Nullable Buffer brokenOff(RunEnding end) {
        return failure != null && betweenFrames ? Buffer.buffer(failure.apply(end.reason())) : null;
    }

    @Override
    public Duration keepAlive() {
        return idle;
    }

    @Override
    public boolean betweenFrames() {
        return betweenFrames;
    }
}
