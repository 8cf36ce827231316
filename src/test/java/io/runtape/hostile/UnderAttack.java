package io.runtape.hostile;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Bystander;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireClient;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * A gateway in a process with the heap of a 512 MiB container, which ends at the first allocation that fails. While a test
 * attacks it, another caller's live stream goes on, and must lose nothing. Prints for each test the most memory that it took and
 * how long the other caller's events took.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class UnderAttack {

    /** So long half of another caller's events may take while the gateway is attacked; a crowded machine is several times as slow. */
    private static final double DELAY_P50_MAX_MILLIS = 3_000;

    /** And 99 of 100 of them: what is late may be so for one pause of the machine, which lasts for seconds. */
    private static final double DELAY_P99_MAX_MILLIS = 15_000;

    /** How long an embedded database may write what an attack has left; meanwhile it takes no runs. */
    private static final Duration DIGESTS_WITHIN = Duration.ofMinutes(2);

    /** So soon the first event of a stream comes when nothing is left to be written. */
    private static final Duration AT_ONCE = Duration.ofSeconds(1);

    /** How long one attack may take on a machine that has other things to do, and who is refused meanwhile comes again. */
    static final Duration PATIENCE = Duration.ofMinutes(3);

    private static final String BYSTANDER_KEY = "bystander";
    private static final int MIB = 1 << 20;
    private static final Pattern COLLECTED = Pattern.compile("->(\\d+)M\\(\\d+M\\)");

    final ScriptedUpstream upstream = new ScriptedUpstream();
    GatewayProcess gateway;
    /** By the names of the tests: some run at once. */
    private final Map<String, Bystander> bystanders = new ConcurrentHashMap<>();

    private volatile int printed;

    /** The settings of a gateway on an empty database, in front of that agent API. */
    abstract Map<String, String> settings(ScriptedUpstream behind) throws Exception;

    @BeforeAll
    void start() throws Exception {
        // What takes nearly all memory has the collector stop the world: no event loop is to blame for that, and the
        // other caller's delay tells of it.
        gateway = GatewayProcess.start(settings(upstream), "-Xmx256m", "-Xlog:gc", GatewayProcess.BOTH_COMPILERS)
                .crowded()
                .ready();
        // What a JVM does for the first time takes it long, attack or not.
        try (Bystander first = bystander(DIGESTS_WITHIN)) {
            RunTable.await("a run is in the history", () -> {
                try (var runs = client().get("/history/v1/runs", "X-API-Key: " + BYSTANDER_KEY)) {
                    return runs.status() == 200 ? true : null;
                }
            });
            first.end();
        }
    }

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
    }

    @BeforeEach
    void beginToWatch(TestInfo test) throws IOException {
        assertTrue(gateway.isAlive(), "an earlier attack has ended the gateway");
        printed = gateway.output().size();
        gateway.forgetPeak();
        // What an earlier attack left to be written may take an embedded database a moment.
        long began = System.nanoTime();
        bystanders.put(test.getDisplayName(), bystander(AT_ONCE));
        System.out.printf(
                "%s takes runs after %d ms%n", getClass().getSimpleName(), (System.nanoTime() - began) / 1_000_000);
    }

    /** One whose first event has come within the time: what holds it up for longer is none of the next attack's doing. */
    private Bystander bystander(Duration firstWithin) {
        return RunTable.await("the gateway takes runs", DIGESTS_WITHIN, () -> {
            long posted = System.nanoTime();
            Bystander begun = Bystander.begin(client(), upstream, BYSTANDER_KEY).orElse(null);
            if (begun != null && System.nanoTime() - posted > firstWithin.toNanos()) {
                begun.close();
                return null;
            }
            return begun;
        });
    }

    @AfterEach
    void nobodyElseIsHurt(TestInfo test) throws IOException {
        List<String> output = gateway.output();
        assertTrue(
                gateway.isAlive(),
                () -> "the gateway has ended: "
                        + String.join("\n", output.subList(Math.max(0, output.size() - 30), output.size())));
        try (Bystander watching = bystanders.remove(test.getDisplayName())) {
            Bystander.Seen seen = watching.end();
            System.out.printf(
                    "%s %s: %d MiB of memory at the most, %d MiB of it heap after a collection; %s%n",
                    getClass().getSimpleName(),
                    test.getDisplayName(),
                    gateway.peakMemory() / MIB,
                    heapAfterCollection(output.subList(printed, output.size())),
                    seen);
            assertTrue(
                    seen.p50Millis() < DELAY_P50_MAX_MILLIS && seen.p99Millis() < DELAY_P99_MAX_MILLIS, seen::toString);
        }
    }

    private static long heapAfterCollection(List<String> output) {
        return output.stream()
                .map(COLLECTED::matcher)
                .filter(Matcher::find)
                .mapToLong(collected -> Long.parseLong(collected.group(1)))
                .max()
                .orElse(0);
    }

    /** The response to a call that nothing which an attack holds keeps out; only the database may stand still for a moment. */
    static WireResponse taken(Callable<WireResponse> call) {
        return WireResponse.againWhile("store_unavailable", PATIENCE, call);
    }

    WireClient client() {
        return gateway.client();
    }
}
