package io.runtape.testsupport;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.time.Duration;
import java.util.Map;

/**
 * Bounds so short and so small that a test can reach them. One profile for all tests that need any, because each further one
 * costs a start of the application on each database.
 */
public final class ShortBounds implements QuarkusTestProfile {

    public static final Duration UPSTREAM_TIMEOUT = Duration.ofSeconds(1);
    public static final Duration IDLE_TIMEOUT = Duration.ofMillis(1500);
    public static final Duration PARTIAL_FLUSH = Duration.ofMillis(200);
    public static final Duration DISCONNECT_GRACE = Duration.ofMillis(300);
    public static final Duration COMMIT_DISTANCE = Duration.ofMillis(20);
    public static final Duration CONNECTION_AGE = Duration.ofSeconds(3);
    public static final int LIVE_RUNS_MAX = 12;
    public static final int LIVE_RUNS_OF_OWNER_MAX = 8;
    public static final int FRAME_BYTES_MAX = 64 << 10;
    public static final int BODY_BYTES_MAX = 256 << 10;

    /**
     * A path of runs that {@link #UPSTREAM_TIMEOUT} and {@link #IDLE_TIMEOUT} do not hold for: for tests that are not about the
     * silence of an agent API, because a machine that stands still silences any.
     */
    public static final String PATIENT_PATH = "/patient/v1/run";

    private static final String PATIENCE = "10m";

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.ofEntries(
                Map.entry("runtape.upstream.timeout", UPSTREAM_TIMEOUT.toString()),
                Map.entry("runtape.upstream.idle-timeout", IDLE_TIMEOUT.toString()),
                Map.entry("runtape.upstreams.patient.url", "${runtape.upstream.url}"),
                Map.entry("runtape.upstreams.patient.timeout", PATIENCE),
                Map.entry("runtape.upstreams.patient.idle-timeout", PATIENCE),
                Map.entry("runtape.partial-flush", PARTIAL_FLUSH.toString()),
                Map.entry("runtape.disconnect-grace", DISCONNECT_GRACE.toString()),
                Map.entry("runtape.commit-distance", COMMIT_DISTANCE.toString()),
                Map.entry("runtape.max-connection-age", CONNECTION_AGE.toString()),
                Map.entry("runtape.max-live-runs", Integer.toString(LIVE_RUNS_MAX)),
                Map.entry("runtape.max-live-runs-per-owner", Integer.toString(LIVE_RUNS_OF_OWNER_MAX)),
                Map.entry(
                        "runtape.record-paths",
                        "/v1/run,/v1/agents/{agent}/run,/v1/responses,/v1/messages,/v1/threads/{threadId}/runs/stream"),
                Map.entry("runtape.max-frame", "64K"),
                Map.entry("runtape.max-body", "256K"));
    }
}
