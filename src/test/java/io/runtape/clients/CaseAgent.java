package io.runtape.clients;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.DialectCase;
import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An agent API that plays the cases of {@code src/test/resources/dialects}, as the headers of a call say:
 *
 * <ul>
 *   <li>{@code X-Case}: the case;
 *   <li>{@code X-Scenario}: which calls belong together;
 *   <li>{@code X-Turn}: {@code now}; {@code busy}, where the scenario's first call is told to come again; {@code held}, where
 *       nothing comes, and {@code halved}, where half of it comes, until the scenario is released; {@code long=WORD}, where
 *       the frame with that word comes many times, each with another number.
 * </ul>
 *
 * <p>{@code …/calls} tells which calls a scenario has made, {@code …/release} releases it. So does {@code …/cancel}, the cancel
 * call of an API; a stream that waits has no second half then, unless that tells the cancel itself. Safe for any thread.
 */
final class CaseAgent implements Script {

    /** How long a long stream is. */
    static final int LONG_BYTES = 20_000;

    /** Slow enough for a run to be live while its readers come back. */
    private static final Duration PACE = Duration.ofMillis(1);

    /** Which a client asks for where a stream ends without saying so. */
    private static final Pattern STATE = Pattern.compile("^/threads/[^/]+/runs/[0-9a-f-]{36}$");

    private static final Pattern THREAD = Pattern.compile("^/threads/[^/]+");

    /** As the cases name it. */
    private static final String LANG_GRAPH_RUN = "01994ed8-29c4-7108-93d4-d649c7a9e370";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, Scenario> scenarios = new ConcurrentHashMap<>();

    private static final class Scenario {
        private final List<ReceivedCall> calls = new CopyOnWriteArrayList<>();
        private final CountDownLatch released = new CountDownLatch(1);
        private volatile boolean cancelled;

        void awaitRelease() throws InterruptedException {
            if (!released.await(ScriptedUpstream.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("nobody releases the scenario");
            }
        }
    }

    @Override
    public void answer(Exchange exchange) throws Exception {
        ReceivedCall call = exchange.call();
        Scenario scenario = scenario(call.head().value("X-Scenario"));
        if (call.target().endsWith("/release")) {
            scenario.released.countDown();
            Script.json(200, "{}").answer(exchange);
        } else if (call.target().endsWith("/calls")) {
            Script.json(200, told(scenario)).answer(exchange);
        } else if (STATE.matcher(call.target()).find()) {
            Script.json(200, "{\"run_id\":\"" + LANG_GRAPH_RUN + "\",\"status\":\"interrupted\"}")
                    .answer(exchange);
        } else if (call.target().matches("[^?]*/cancel(\\?.*)?")) {
            scenario.calls.add(call);
            scenario.cancelled = true;
            scenario.released.countDown();
            Script.json(
                            200,
                            "{\"id\":\"" + call.target().replaceFirst(".*/([^/]+)/cancel.*", "$1")
                                    + "\",\"object\":\"response\",\"status\":\"cancelled\"}")
                    .answer(exchange);
        } else {
            scenario.calls.add(call);
            play(exchange, scenario);
        }
    }

    private Scenario scenario(String id) {
        return scenarios.computeIfAbsent(id, name -> new Scenario());
    }

    /** The calls that a scenario has made, in order. */
    List<ReceivedCall> callsOf(String id) {
        return scenario(id).calls;
    }

    /** Lets what a scenario waits for go on. */
    void release(String id) {
        scenario(id).released.countDown();
    }

    private static void play(Exchange exchange, Scenario scenario) throws Exception {
        DialectCase of = DialectCase.named(exchange.call().head().value("X-Case"));
        String turn = exchange.call().head().value("X-Turn");
        if (turn.equals("busy") && scenario.calls.size() == 1) {
            Script.json(
                            429,
                            "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"Slow down.\"}}",
                            "Retry-After: 1")
                    .answer(exchange);
            return;
        }
        if (turn.equals("held")) {
            scenario.awaitRelease();
        }
        if (!of.stream()) {
            Script.json(200, of.came().strip()).answer(exchange);
        } else if (turn.startsWith("long=")) {
            stream(exchange, LongStream.of(of.came(), turn.substring("long=".length()), LONG_BYTES));
        } else {
            streamInHalves(exchange, of, turn.equals("halved") ? scenario : null);
        }
    }

    /** What a LangGraph server says of a new run, so that clients can come back to it. */
    private static String[] headLines(ReceivedCall call) {
        Matcher thread = THREAD.matcher(call.target());
        if (!thread.find()) {
            return new String[0];
        }
        String run = thread.group() + "/runs/" + LANG_GRAPH_RUN;
        return new String[] {"Content-Location: " + run, "Location: " + run + "/stream"};
    }

    private static void streamInHalves(Exchange exchange, DialectCase of, Scenario untilReleased) throws Exception {
        int half = of.came().indexOf("\n\n", of.came().length() / 2) + 2;
        exchange.streamHead(headLines(exchange.call())).chunk(of.came().substring(0, half));
        if (untilReleased != null) {
            untilReleased.awaitRelease();
        }
        boolean cutShort = untilReleased != null
                && untilReleased.cancelled
                && !of.expected().path("verdict").asText().equals("cancelled");
        if (!cutShort) {
            exchange.chunk(of.came().substring(half));
        }
        exchange.end();
    }

    private static void stream(Exchange exchange, List<String> frames) throws IOException {
        exchange.streamHead(headLines(exchange.call()));
        for (String frame : frames) {
            exchange.chunk(frame);
            LockSupport.parkNanos(PACE.toNanos());
        }
        exchange.end();
    }

    private static String told(Scenario scenario) {
        ArrayNode all = JSON.createArrayNode();
        for (ReceivedCall call : scenario.calls) {
            ObjectNode one = all.addObject();
            one.put("method", call.method());
            one.put("target", call.target());
            one.put("body", new String(call.body(), UTF_8));
            ArrayNode lines = one.putArray("lines");
            call.lines().forEach(lines::add);
        }
        return all.toString();
    }
}
