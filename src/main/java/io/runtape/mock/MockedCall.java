package io.runtape.mock;

import io.runtape.delivery.ReplaySpeed;
import io.runtape.error.ApiException;
import io.runtape.relay.SingleHeader;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a caller asks of a recording.
 *
 * @param runId the run to answer with; null for one that fits the call
 * @param newest whether, of several that fit, the newest completed one answers; otherwise they take turns
 * @param speed how much faster than it was; infinite for no pauses at all
 * @param fault what goes wrong with it; null for nothing
 */
record MockedCall(
        @Nullable String runId,
        boolean newest,
        double speed,
        @Nullable Fault fault) {

    private static final String REPLAY = "Runtape-Replay";
    private static final String SPEED = "Runtape-Speed";
    private static final String FAULT = "Runtape-Fault";
    private static final List<String> HEADERS = List.of(REPLAY, SPEED, FAULT);
    private static final String MATCH = "match";
    private static final Pattern RUN_ID = Pattern.compile("[A-Za-z0-9._:-]{1,200}");

    /** Whether the call names one of the headers, rightly or wrongly. */
    static boolean isNamedIn(MultiMap headers) {
        return HEADERS.stream().anyMatch(headers::contains);
    }

    /**
     * Reads the headers.
     *
     * @param always whether all calls are answered from recordings, also without the header
     * @throws ApiException 400 if one has a value that is not allowed
     */
    static MockedCall of(MultiMap headers, boolean always) {
        @Nullable String replay = SingleHeader.of(headers, REPLAY);
        @Nullable String speed = SingleHeader.of(headers, SPEED);
        @Nullable String fault = SingleHeader.of(headers, FAULT);
        if (replay == null && !always) {
            throw ApiException.invalid((speed == null ? FAULT : SPEED)
                    + " is for calls that are answered from a recording. Send it with " + REPLAY
                    + ", or set RUNTAPE_MODE=replay. Nothing was sent to the agent API.");
        }
        if (replay != null && !RUN_ID.matcher(replay).matches()) {
            throw ApiException.invalid(REPLAY + " must be the id of a run, or '" + MATCH + "'.");
        }
        boolean match = replay == null || replay.equals(MATCH);
        return new MockedCall(
                match ? null : replay,
                replay != null,
                speed == null ? 1 : ReplaySpeed.of(SPEED, speed),
                fault == null ? null : Fault.of(fault));
    }
}
