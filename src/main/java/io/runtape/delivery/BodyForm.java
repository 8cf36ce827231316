package io.runtape.delivery;

import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The form in which the client of a recorded call, or of a repeat of it, gets the body.
 *
 * @param eventIds whether each event gets an {@code id} line
 * @param decoded whether a body that the gateway can decode goes out without its content coding, as ids and comments
 *     need it, and a reader that does not begin at the first frame
 * @param keepAlive how long nothing may happen until the client gets a comment; null if it gets none
 * @param failure writes the event that ends the stream of a run that broke off between two frames, by the label of the
 *     reason; null if the connection is cut instead
 */
public record BodyForm(
        boolean eventIds,
        boolean decoded,
        @Nullable Duration keepAlive,
        @Nullable Function<@Nullable String, byte[]> failure) {

    /** The recorded bytes alone, as they came over the wire. */
    public static final BodyForm VERBATIM = new BodyForm(false, false, null, null);

    /** The recorded bytes alone, decoded. */
    public static final BodyForm DECODED = new BodyForm(false, true, null, null);

    /** Whether the body is the agent API's, byte for byte. */
    public boolean isVerbatim() {
        return !decoded;
    }

    StreamFormat framing() {
        StreamFormat frames =
                eventIds ? EventIdFraming.ofCall() : decoded ? VerbatimFraming.decoded() : VerbatimFraming.ofTheWire();
        return keepAlive == null ? frames : new KeptAwakeFraming(frames, keepAlive, failure);
    }
}
