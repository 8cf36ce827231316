package io.runtape.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.dialect.DialectCase;
import io.runtape.testsupport.DroppingLink;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The clients in Java that the makers of agent APIs publish, as they are, in front of recorded cases: what each says of a call,
 * and what the history says of its run.
 */
abstract class JavaClientsTest extends ClientHistory {

    /** How often connections are cut where a client has a call of its own to come back by. */
    private static final int CUTS = 200;

    /** How often where it makes its call again with the key, as every client can. */
    private static final int CUTS_OF_REPEATS = 50;

    /** Runs that are cut at the same time. */
    private static final int SIDE_BY_SIDE = 8;

    /** Longer than a call to a gateway that does not wait, shorter than a test's patience. */
    private static final Duration TIMEOUT = Duration.ofMillis(1500);

    /** As the gateway says where a commit takes seconds. */
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    /** How often all the clients of a test come again for that. */
    private static final int TURNED_AWAY_MAX = 100;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final CaseAgent playing = new CaseAgent();
    private final Scripted agent = upstream.on(playing);
    private final String scenario = UUID.randomUUID().toString();
    private final AtomicInteger turnedAway = new AtomicInteger();

    private JavaCall call(JavaApi api, String played, String turn) {
        return JavaCall.of(url() + api.prefix(), key, agent, scenario, played, turn);
    }

    private static Spoken said(String played) {
        return Spoken.in(DialectCase.named(played).expected().path("transcript"));
    }

    private void assertCalledOnce() {
        assertEquals(1, playing.callsOf(scenario).size());
    }

    static List<JavaApi> apis() {
        return JavaApi.all();
    }

    private static Stream<Arguments> each(Function<JavaApi, List<String>> cases) {
        return apis().stream().flatMap(api -> cases.apply(api).stream().map(played -> Arguments.of(api, played)));
    }

    static Stream<Arguments> streams() {
        return each(JavaApi::streams);
    }

    static Stream<Arguments> bodies() {
        return each(JavaApi::bodies);
    }

    @ParameterizedTest
    @MethodSource("streams")
    void streams(JavaApi api, String played) throws Exception {
        Spoken spoken = api.stream(call(api, played, "now"));

        assertEquals(said(played), spoken);
        assertRan(DialectCase.named(played), 1);
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void answers(JavaApi api, String played) throws Exception {
        Spoken spoken = api.whole(call(api, played, "now"));

        assertEquals(said(played), spoken);
        assertRan(DialectCase.named(played), 1);
    }

    @ParameterizedTest
    @MethodSource("apis")
    void failsARunWithAnErrorAfterA200(JavaApi api) throws Exception {
        DialectCase of = DialectCase.named(api.failing());
        JavaCall call = call(api, api.failing(), "now");

        if (api.throwsErrorsOfStreams()) {
            RuntimeException thrown = assertThrows(RuntimeException.class, () -> api.stream(call));

            String told = of.expected().path("error").path("message").asText();
            assertTrue(thrown.getMessage().contains(told), thrown.toString());
        } else {
            assertEquals(said(api.failing()), api.stream(call));
        }
        assertRan(of, 1);
    }

    /** Not a fault of the gateway's: the client says the same of the agent API itself. */
    @Test
    void langChain4jTakesOneToolAfterTheOther() {
        JavaApi api = new LangChain4jChat();
        String interleaved = "openai-chat/parallel-tools.case";

        for (String url : List.of(url() + api.prefix(), upstream.url())) {
            JavaCall call = JavaCall.of(url, key, agent, scenario, interleaved, "now");

            assertThrows(IllegalArgumentException.class, () -> api.stream(call));
        }
    }

    @ParameterizedTest
    @MethodSource("apis")
    void streamsAfterA429(JavaApi api) throws Exception {
        List<Duration> pauses = new ArrayList<>();
        JavaCall call = call(api, api.text(), "busy").withPause(pauses::add);

        if (!api.repeatsStreams()) {
            RuntimeException thrown = assertThrows(RuntimeException.class, () -> api.stream(call));
            assertEquals(429, api.shown(thrown).status());
            assertTrue(api.shown(thrown).message().contains("Slow down."), thrown.getMessage());
        }
        Spoken spoken = api.stream(call);

        assertEquals(said(api.text()), spoken);
        assertEquals(2, playing.callsOf(scenario).size());
        // As Retry-After says, where the client comes again by itself.
        assertEquals(api.repeatsStreams() ? List.of(Duration.ofSeconds(1)) : List.of(), pauses);
        assertRan(DialectCase.named(api.text()), 2);
    }

    @ParameterizedTest
    @MethodSource("apis")
    void answersAfterA429(JavaApi api) throws Exception {
        String played = api.bodies().get(0);

        Spoken spoken = api.whole(call(api, played, "busy"));

        assertEquals(said(played), spoken);
        assertEquals(2, playing.callsOf(scenario).size());
        assertRan(DialectCase.named(played), 2);
    }

    @ParameterizedTest
    @MethodSource("apis")
    void leavesAStreamAndTheRunGoesOn(JavaApi api) throws Exception {
        api.leave(call(api, api.text(), "halved"));

        playing.release(scenario);

        assertRan(DialectCase.named(api.text()), 1);
        assertCalledOnce();
    }

    @ParameterizedTest
    @MethodSource("apis")
    void streamsItsFirstRunAfterATimeOut(JavaApi api) throws Exception {
        JavaCall held =
                call(api, api.text(), "held").withTimeout(TIMEOUT).withPause(pause -> playing.release(scenario));
        JavaCall call = held;

        if (!api.repeatsStreams()) {
            assertThrows(RuntimeException.class, () -> api.stream(held));
            playing.release(scenario);
            call = held.withTimeout(ScriptedUpstream.PATIENCE);
        }
        Spoken spoken = api.stream(call);

        assertEquals(said(api.text()), spoken);
        assertCalledOnce();
        assertRan(DialectCase.named(api.text()), 1);
    }

    @ParameterizedTest
    @MethodSource("apis")
    void answersWithItsFirstRunAfterATimeOut(JavaApi api) throws Exception {
        String played = api.bodies().get(0);
        long began = System.nanoTime();

        Spoken spoken =
                api.whole(call(api, played, "held").withTimeout(TIMEOUT).withPause(pause -> playing.release(scenario)));

        assertTrue(System.nanoTime() - began >= TIMEOUT.toNanos(), "the first try did not time out");
        assertEquals(said(played), spoken);
        assertCalledOnce();
        assertRan(DialectCase.named(played), 1);
    }

    // ---- Connections that are cut

    /** Reads the events of a run, however often its connection is cut. */
    @FunctionalInterface
    private interface Resuming {
        List<String> events(JavaCall call);
    }

    @Test
    void hasEveryEventOnceAndInOrderByTheClientsOwnCall() throws Exception {
        OpenAiResponses api = new OpenAiResponses();

        assertResumes(api, CUTS, call -> {
            List<String> seen = new ArrayList<>();
            while (true) {
                try {
                    if (seen.isEmpty()) {
                        api.events(call, seen::add);
                    } else {
                        String id = read(seen.get(0)).at("/response/id").asText();
                        long last = read(seen.get(seen.size() - 1))
                                .path("sequence_number")
                                .asLong();
                        api.eventsAfter(call, id, last, seen::add);
                    }
                    return seen;
                } catch (RuntimeException e) {
                    requireCut(api, e);
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("apis")
    void hasEveryEventOnceAndInOrderByItsKey(JavaApi api) throws Exception {
        assertResumes(api, CUTS_OF_REPEATS, call -> {
            List<String> seen = new ArrayList<>();
            while (true) {
                List<String> again = new ArrayList<>();
                try {
                    api.events(call, event -> {
                        again.add(event);
                        if (again.size() > seen.size()) {
                            seen.add(event);
                        }
                    });
                    return seen;
                } catch (RuntimeException e) {
                    requireCut(api, e);
                }
            }
        });
    }

    private static JsonNode read(String event) {
        try {
            return JSON.readTree(event);
        } catch (Exception e) {
            throw new AssertionError(event, e);
        }
    }

    private void requireCut(JavaApi api, RuntimeException e) {
        if (api.isTurnedAway(e) && turnedAway.incrementAndGet() < TURNED_AWAY_MAX) {
            LockSupport.parkNanos(RETRY_AFTER.toNanos());
        } else if (!api.isCut(e)) {
            throw e;
        }
    }

    private void assertResumes(JavaApi api, int cuts, Resuming client) throws Exception {
        String turn = "long=" + api.word();
        List<String> direct = new ArrayList<>();
        api.events(JavaCall.of(upstream.url(), key, agent, scenario, api.text(), turn), direct::add);
        assertTrue(direct.size() > 50, "too few events: " + direct.size());

        try (DroppingLink link = DroppingLink.atRandom(URI.create(url()).getPort(), 1, CaseAgent.LONG_BYTES * 6 / 5)) {
            Callable<Void> runs = () -> {
                while (link.cuts() < cuts) {
                    String one = UUID.randomUUID().toString();
                    JavaCall call = JavaCall.of(link.url() + api.prefix(), key + one, agent, one, api.text(), turn);

                    assertEquals(direct, client.events(call));

                    assertEquals(1, playing.callsOf(one).size());
                }
                return null;
            };
            ExecutorService threads = Executors.newFixedThreadPool(SIDE_BY_SIDE);
            try {
                for (Future<Void> ended : threads.invokeAll(Collections.nCopies(SIDE_BY_SIDE, runs))) {
                    ended.get();
                }
            } finally {
                threads.shutdownNow();
            }
            assertTrue(link.cuts() >= cuts, "cut " + link.cuts() + " times");
        }
    }
}
