package io.runtape.transcript;

import io.runtape.error.ApiException;
import jakarta.validation.constraints.Min;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The part of a run or a thread that a caller asks for.
 *
 * @param from the first frame; empty for the first one that there is
 * @param to the last frame; empty for the last one that there is
 */
record SpanParameters(
        @RestQuery("from")
        @Min(value = 1, message = SpanParameters.ALLOWED)
        @Parameter(
                description = "The sequence of the first frame whose events are told. What was asked comes before the"
                        + " first frame of its run.",
                example = "1")
        Optional<Long> from,

        @RestQuery("to")
        @Min(value = 1, message = SpanParameters.ALLOWED)
        @Parameter(description = "The sequence of the last frame whose events are told.", example = "7")
        Optional<Long> to) {

    private static final String ALLOWED = "must be a sequence: a whole number from 1 on.";

    /**
     * The frames from the one to the other.
     *
     * @throws ApiException 400 if they are in the wrong order
     */
    FrameSpan span() {
        FrameSpan whole = FrameSpan.WHOLE;
        FrameSpan span = new FrameSpan(from.orElse(whole.from()), to.orElse(whole.to()));
        if (span.from() > span.to()) {
            throw ApiException.invalid("from must not be larger than to.");
        }
        return span;
    }
}
