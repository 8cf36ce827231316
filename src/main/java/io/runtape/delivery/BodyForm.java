package io.runtape.delivery;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The form in which the client of a recorded call, or of a repeat of it, gets the body.
 *
 * @param eventIds whether each event gets an {@code id} line
 * @param keepAlive how long nothing may happen until the client gets a comment; null if it gets none
 */
public record BodyForm(boolean eventIds, @Nullable Duration keepAlive) {

    /** The recorded bytes alone. */
    public static final BodyForm VERBATIM = new BodyForm(false, null);

    /** Whether the body is the agent API's, byte for byte. */
    public boolean isVerbatim() {
        return !eventIds && keepAlive == null;
    }

    StreamFormat framing() {
        StreamFormat frames = eventIds ? new EventIdFraming(0) : new VerbatimFraming();
        return keepAlive == null ? frames : new KeptAwakeFraming(frames, keepAlive);
    }
}
