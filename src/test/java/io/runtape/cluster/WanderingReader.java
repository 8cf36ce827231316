package io.runtape.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A client that begins a run at one gateway and then drops its connection again and again, going on each time at another one
 * after the last event that it holds. Takes whatever comes: gateways that are gone, that stand still, that cut it off. What it
 * holds is read by other threads once it has come to its end; {@link #position} at any time.
 */
final class WanderingReader {

    private static final String CREDENTIAL = "X-API-Key: wanderer";

    /** Events of one connection. */
    private static final int EVENTS_MAX = 150;

    /** How long it takes silence for no more than a pause. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** One in so many keeps its first connection however silent it is, as long as it stands. */
    private static final int ONE_IS_FAITHFUL = 4;

    private static final Duration FAITH = Duration.ofSeconds(30);

    private static final Duration END = Duration.ofMinutes(4);

    private final List<GatewayProcess> gateways;
    private final GatewayProcess first;
    private final Scripted script;
    private final Random random;
    private final List<String> held = new ArrayList<>();
    private volatile int position;
    private volatile String runId;
    private GatewayProcess at;
    private String outcome;
    private int connections;
    private int drops;
    private int cuts;
    private int silences;
    private int refusals;
    private int nothingMores;

    WanderingReader(GatewayProcess first, List<GatewayProcess> gateways, Scripted script, long seed) {
        this.first = first;
        this.gateways = gateways;
        this.script = script;
        this.random = new Random(seed);
    }

    /** Begins the run and follows it to its end. */
    WanderingReader follow() throws IOException {
        begin();
        long until = System.nanoTime() + END.toNanos();
        while (outcome == null) {
            assertTrue(System.nanoTime() < until, () -> this + " does not come to the end");
            resume();
        }
        return this;
    }

    private void begin() throws IOException {
        at = first;
        connections++;
        try (WireResponse response = WireResponse.againWhile(
                "store_unavailable",
                ScriptedUpstream.PATIENCE,
                () -> first.client().post("/v1/run", "{}", CREDENTIAL, "Runtape-Event-Ids: true", script.header()))) {
            assertEquals(200, response.status());
            runId = response.header("Runtape-Run-Id");
            read(response, random.nextInt(ONE_IS_FAITHFUL) == 0 ? FAITH : PATIENCE);
        }
    }

    private void resume() throws IOException {
        List<GatewayProcess> others = gateways.stream().filter(g -> g != at).toList();
        at = others.get(random.nextInt(others.size()));
        try (WireResponse response = at.client()
                .get(
                        "/history/v1/runs/" + runId + "/events",
                        "Accept: text/event-stream",
                        CREDENTIAL,
                        "Last-Event-ID: " + position)) {
            if (response.isSilentFor(PATIENCE)) {
                silences++;
                return;
            }
            if (response.status() == 204) {
                nothingMores++;
                outcome = outcomeOf(at);
                return;
            }
            if (response.isRefusedAs("store_unavailable")) {
                refusals++;
                return;
            }
            assertEquals(200, response.status(), () -> this + " is answered " + response.text());
            connections++;
            read(response, PATIENCE);
        } catch (IOException goneOrGoing) {
            refusals++;
        }
    }

    /** What a client does that has everything but the word why there is no more; null where it must ask again. */
    private String outcomeOf(GatewayProcess gateway) throws IOException {
        try (WireResponse response = gateway.client().get("/history/v1/runs/" + runId, CREDENTIAL)) {
            if (response.status() != 200) {
                return null;
            }
            response.readAll();
            return response.end() == WireResponse.End.WHOLE
                    ? outcome(new JsonObject(response.text()).getJsonObject("data"))
                    : null;
        }
    }

    private static String outcome(JsonObject run) {
        String reason = run.getString("reason");
        return run.getString("status") + (reason == null ? "" : "/" + reason);
    }

    private void read(WireResponse response, Duration patience) throws IOException {
        int enough = position + 1 + random.nextInt(EVENTS_MAX);
        int taken = 0;
        while (position < enough && outcome == null) {
            if (response.isSilentFor(patience)) {
                silences++;
                return;
            }
            if (!response.readMore()) {
                cuts++;
                return;
            }
            taken = take(response.text(), taken, enough);
        }
        drops++;
    }

    /** Takes whole blocks; what is left of one when the connection goes comes again. */
    private int take(String text, int from, int enough) {
        int taken = from;
        for (int end = text.indexOf("\n\n", taken);
                end >= 0 && position < enough && outcome == null;
                end = text.indexOf("\n\n", taken)) {
            take(text.substring(taken, end + 2));
            taken = end + 2;
        }
        return taken;
    }

    private void take(String block) {
        if (block.startsWith(":")) {
            return;
        }
        String id = "";
        String data = "";
        for (String line : block.split("\n")) {
            id = line.startsWith("id: ") ? line.substring(4) : id;
            data = line.startsWith("data: ") ? line.substring(6) : data;
        }
        if (block.startsWith("event: runtape.end\n")) {
            assertEquals(Integer.toString(position), id, () -> this + " is told of another end");
            outcome = outcome(new JsonObject(data));
            return;
        }
        assertEquals(Integer.toString(position + 1), id, () -> this + " misses an event, or has one twice");
        held.add(block.replace("id: " + id + "\n", ""));
        position++;
    }

    /** How many events it holds. */
    int position() {
        return position;
    }

    String runId() {
        return runId;
    }

    /** The gateway that the run was begun at. */
    GatewayProcess first() {
        return first;
    }

    /** The events' bytes, without the lines that bring their ids. */
    List<String> held() {
        return held;
    }

    /** How the run ended, as it was told: status and reason in one. */
    String outcome() {
        return outcome;
    }

    int connections() {
        return connections;
    }

    /** How often it went away by itself. */
    int drops() {
        return drops;
    }

    /** How often it was cut off. */
    int cuts() {
        return cuts;
    }

    /** How often it left a gateway that said nothing. */
    int silences() {
        return silences;
    }

    /** How often a gateway was not there, or without its database. */
    int refusals() {
        return refusals;
    }

    /** How often there was nothing more for it. */
    int nothingMores() {
        return nothingMores;
    }

    @Override
    public String toString() {
        return "the reader of " + runId + " with " + position + " events";
    }
}
