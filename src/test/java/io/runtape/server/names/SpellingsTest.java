package io.runtape.server.names;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One path may be spelled in many ways: no spelling escapes the record, and none that agent APIs read differently passes. */
abstract class SpellingsTest extends RecordedHistory {

    private static final String KEY = "X-API-Key: spells";

    private static String message(WireResponse response) throws Exception {
        String body = new String(response.whole(), UTF_8);
        assertEquals(400, response.status(), body);
        JsonObject error = new JsonObject(body).getJsonObject("error");
        assertEquals("invalid_request", error.getString("code"), body);
        return error.getString("message");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/./run, dot segment",
        "/v1/x/../run, dot segment",
        "/v1/x/%2e%2E/run, dot segment",
        "/v1/x/.%2e/run, dot segment",
        "/x/../v1/run, dot segment",
        "/v1/run/., dot segment",
        "http://elsewhere/v1/./run, dot segment",
        "/v1//run, doubled slash",
        "//v1/run, doubled slash",
        "/v1/run//, doubled slash",
        "/v1/..%2f..%2fadmin, encoded slash",
        "/v1/agents/a%2Fb/run, encoded slash",
        "/v1/agents/a%5Cb/run, backslash",
        "/v1/run;x=1, semicolon",
        "/v1/run;, semicolon",
        "/v1/run%3Bx=1, semicolon",
        "/v1/..;/..;/admin, semicolon",
        "/v1/run#x, fragment",
        "/v1/run?a=b#x, fragment",
        "/v1/run%00, control character",
        "/v1/run%0a, control character",
        "/v1/run%7F, control character"
    })
    void refusesWhatIsReadInMoreThanOneWay(String target, String why) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        String posted = message(client().post(target, "{}", script.header(), "X-API-Key: " + key));
        String got = message(client().get(target, script.header(), "X-API-Key: " + key));

        assertTrue(posted.contains(why), posted);
        assertEquals(posted, got);
        assertTrue(script.isUncalled());
        assertNoRun();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1%2frun", "/v1;/run", "/v1/run\u007F", "/v1/\u0001/../run", "http://x?y=/v1/run"})
    void sendsNothingElseOn(String target) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        int posted = client().post(target, "{}", script.header(), KEY).status();
        int got = client().get(target, script.header(), KEY).status();

        assertTrue(posted >= 400 && posted < 500, "" + posted);
        assertTrue(got >= 400 && got < 500, "" + got);
        assertTrue(script.isUncalled());
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/%72un, /v1/run",
        "/%761/%72%75%6E, /v1/run",
        "/v1/run/, /v1/run",
        "/v1/RUN, /v1/run",
        "/v1/Run/?a=%2F;b, /v1/run",
        "/v1/agents/coder/%72un, /v1/agents/coder/run",
        "/v1/Agents/Coder/run/, /v1/agents/Coder/run",
        "/v1/agents/a%20b/run, /v1/agents/a%20b/run",
        "/v1/agents/%7eme/run, /v1/agents/~me/run"
    })
    void recordsEachSpelling(String target, String stored) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        WireResponse response = client().post(target, "{}", script.header(), KEY);

        assertEquals("data: x\n\n", new String(response.whole(), UTF_8));
        assertEquals(stored, table().ended(response.header("Runtape-Run-Id")).path());
        assertEquals(target, script.call().target());
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/agents/a%252Fb/run, a%2Fb",
        "/v1/agents/a%252e%252e/run, a%2e%2e",
        "/v1/agents/a+b/run, a+b",
        "/v1/agents/sch%C3%B6n/run, schön",
        "/v1/agents/sch%c3%b6n/run, schön",
        "/v1/agents/schön/run, schön"
    })
    void readsAnAgentsNameOnce(String target, String agent) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        String wire = new String(target.getBytes(UTF_8), ISO_8859_1);

        WireResponse response = client().post(wire, "{}", script.header(), KEY);

        assertEquals("data: x\n\n", new String(response.whole(), UTF_8));
        assertEquals(agent, table().ended(response.header("Runtape-Run-Id")).agent());
        assertEquals(wire, script.call().target());
    }

    @Test
    void knowsAKeyBySpellingsThatMeanTheSame() throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        String key = "Idempotency-Key: " + UUID.randomUUID();
        WireResponse first = client().post("/v1/run", "{}", script.header(), KEY, key);
        first.whole();

        WireResponse same = client().post("/v1/%72un", "{}", script.header(), KEY, key);
        WireResponse another = client().post("/v1/RUN", "{}", script.header(), KEY, key);

        assertEquals("true", same.header("Idempotent-Replayed"));
        assertEquals(first.header("Runtape-Run-Id"), same.header("Runtape-Run-Id"));
        assertEquals(422, another.status());
        script.call();
        assertTrue(script.isUncalled());
    }

    @ParameterizedTest
    @ValueSource(strings = {"post", "Post"})
    void refusesAMethodThatIsAlmostPost(String method) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        String message = message(client().send(method, "/v1/run", "{}".getBytes(UTF_8), script.header(), KEY));

        assertTrue(message.contains("POST"), message);
        assertTrue(script.isUncalled());
    }

    @Test
    void notesACancelInAnySpelling() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        String id = "up 1-" + UUID.randomUUID();
        Scripted run = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: " + id).chunk("data: 1\n\n");
            cancelled.await();
        });
        Scripted cancel = upstream.on(exchange -> {
            exchange.whole(202, "{}".getBytes(UTF_8));
            cancelled.countDown();
        });
        WireResponse response = client().post("/v1/run", "{}", run.header(), KEY);
        response.readUpTo(9);

        client().post("/v1/%72UN/" + id.replace(" ", "%20") + "/Cancel/", "{}", cancel.header(), KEY)
                .whole();

        response.readAll();
        RunRow ended = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("cancelled/cancel_requested", ended.outcome());
        assertFalse(cancel.isUncalled());
    }
}
