package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.LogListener;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Base64;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose a run is, and that nothing of a credential is kept. */
abstract class CredentialsTest extends RunningGateway {

    private RunRow run(String... headerLines) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        String[] lines = new String[headerLines.length + 1];
        lines[0] = script.header();
        System.arraycopy(headerLines, 0, lines, 1, headerLines.length);
        WireResponse response = client().post("/v1/run", "{}", lines);
        response.whole();
        return table().ended(response.header("Runtape-Run-Id"));
    }

    @Test
    void givesOneCredentialOneOwnerInEitherHeader() throws Exception {
        String owner = run("X-API-Key: key-one").owner();

        assertEquals(owner, run("Authorization: Bearer key-one").owner());
        assertEquals(
                owner,
                run("X-API-Key: key-one", "Authorization: bearer  key-one", "X-API-Key: key-one")
                        .owner());
        assertNotEquals(owner, run("X-API-Key: key-two").owner());
        assertEquals("anonymous", run().owner());
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/run, X-API-Key: two-b",
        "POST, /v1/run, Authorization: Bearer two-b",
        "POST, /v1/run/run_1/cancel, Authorization: Bearer two-b",
        "GET, /v1/models, Authorization: Basic two-b",
        "GET, /history/v1/runs, X-API-Key: two-b",
        "GET, /history/v1/runs/run_1/events?ticket=tkt_1, Authorization: Bearer two-b",
        "POST, /history/v1/tickets, Authorization: two-b"
    })
    void refusesTwoCredentialsInOneCall(String method, String target, String second) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        String prompt = UUID.randomUUID().toString();

        WireResponse response = client().send(
                        method,
                        target,
                        ("{\"prompt\":\"" + prompt + "\"}").getBytes(UTF_8),
                        script.header(),
                        "Content-Type: application/json",
                        "X-API-Key: two-a",
                        second);

        String body = new String(response.whole(), UTF_8);
        assertEquals(400, response.status(), body);
        JsonObject error = new JsonObject(body).getJsonObject("error");
        assertEquals("invalid_request", error.getString("code"));
        assertTrue(error.getString("message").contains("X-API-Key, Authorization"), body);
        assertFalse(body.contains("two-a") || body.contains("two-b"), body);
        assertTrue(script.isUncalled());
        assertTrue(table().runs().stream().noneMatch(run -> prompt.equals(run.prompt())));
    }

    @Test
    void storesAndLogsNothingOfACredential() throws Exception {
        String key = "rt-live-4f9d1c7e-never-to-be-kept";
        Queue<String> logged = new ConcurrentLinkedQueue<>();
        Handler listening = new LogListener(entry -> {
            logged.add(entry.getLoggerName() + " " + entry.getMessage() + " " + Arrays.toString(entry.getParameters())
                    + " " + entry.getThrown());
        });
        Logger runtape = Logger.getLogger("io.runtape");
        Level before = runtape.getLevel();
        listening.setLevel(Level.ALL);
        runtape.setLevel(Level.ALL);
        runtape.addHandler(listening);
        try {
            Scripted echoing = upstream.on(exchange -> {
                exchange.streamHead("X-API-Key: " + key, "Authorization: Bearer " + key, "Set-Cookie: k=" + key);
                exchange.chunk("data: x\n\n").end();
            });
            client().post("/v1/run", "{}", echoing.header(), "X-API-Key: " + key)
                    .whole();
            client().post("/v1/run", "{}", echoing.header(), "Authorization: Bearer " + key)
                    .whole();
            client().post("/v1/run", "[]", "X-API-Key: " + key).whole();
            client().post("/v1/run", "{}", "X-API-Key: " + key, "Runtape-Event-Ids: x")
                    .whole();
            client().post("/v1/run", "{}", upstream.on(exchange -> {}).header(), "X-API-Key: " + key)
                    .whole();
            client().get("/v1/models", upstream.on(exchange -> {}).header(), "X-API-Key: " + key)
                    .whole();
        } finally {
            runtape.removeHandler(listening);
            runtape.setLevel(before);
        }

        assertFalse(logged.isEmpty());
        assertTrue(logged.stream().noneMatch(line -> line.contains(key)), logged::toString);
        String encoded = Base64.getEncoder().withoutPadding().encodeToString(key.getBytes(UTF_8));
        for (byte[] value : table().everything()) {
            String text = new String(value, UTF_8);
            assertFalse(text.contains(key), text);
            assertFalse(text.contains(encoded), text);
        }
    }
}
