package io.runtape.delivery;

import io.netty.channel.EventLoop;
import io.smallrye.mutiny.Multi;
import io.vertx.core.buffer.Buffer;

/**
 * A run that has ended, played in the place of the agent API, in one part or in several that follow each other. It ends as
 * the response did. Confined to its event loop.
 */
public final class Playback {

    private final Delivery delivery;
    private final RunSource source;
    private final double speed;
    private final EventLoop loop;
    private final StreamFormat framing = VerbatimFraming.ofTheWire();

    Playback(Delivery delivery, RunSource source, double speed, EventLoop loop) {
        this.delivery = delivery;
        this.source = source;
        this.speed = speed;
        this.loop = loop;
    }

    /** The sequence of the last frame. */
    public long last() {
        return source.durableSequence();
    }

    /**
     * Some frames, with the pauses in which they came. It begins on subscription.
     *
     * @param after the sequence to begin after
     * @param upTo the sequence of the last frame
     * @param originMicros the time of the recording at which it begins, in microseconds after the run's beginning
     */
    public Multi<Buffer> part(long after, long upTo, long originMicros) {
        return part(new ReplayPart(after, upTo, originMicros, false));
    }

    /** All further frames, and then the end: cut, if the response was. */
    public Multi<Buffer> rest(long after, long originMicros) {
        return part(new ReplayPart(after, last(), originMicros, true));
    }

    private Multi<Buffer> part(ReplayPart part) {
        return delivery.replay(
                source, part, new ReplayClock(speed, Long.MAX_VALUE, part.originMicros()), framing, loop);
    }
}
