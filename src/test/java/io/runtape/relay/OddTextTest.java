package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

/** JSON can spell what no database's text can hold: half of a surrogate pair, and U+0000. */
abstract class OddTextTest extends RunningGateway {

    @Test
    void recordsARunWhoseRequestHasHalfASurrogatePair() throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        String body = "{\"prompt\":\"a\\ud800b\\udc00\",\"agent\":\"\\udfff\\ud83d\\ude00\","
                + "\"metadata\":{\"k\\ud800\":\"v\\u0000\",\"n\":{\"\\udc00\":1}},\"config\":{\"c\":\"\\ud800\"}}";

        WireResponse response = client().post("/v1/run", body, script.header(), "X-API-Key: odd");

        assertEquals("data: x\n\n", new String(response.whole(), UTF_8));
        assertArrayEquals(body.getBytes(UTF_8), script.call().body());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("a\ufffdb\ufffd", run.prompt());
        assertEquals("\ufffd\ud83d\ude00", run.agent());
        JsonObject shown = new JsonObject(new String(
                        client().get("/history/v1/runs/" + run.id(), "X-API-Key: odd")
                                .whole(),
                        UTF_8))
                .getJsonObject("data");
        assertEquals("v\u0000", shown.getJsonObject("metadata").getString("k\ufffd"));
        assertEquals(1, shown.getJsonObject("metadata").getJsonObject("n").getInteger("\ufffd"));
        assertEquals("\ufffd", shown.getJsonObject("config").getString("c"));
    }

    @Test
    void cutsNoAgentsNameWithinACharacter() throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        String name = "a".repeat(199) + "\ud83d\ude00";

        WireResponse response =
                client().post("/v1/run", "{\"agent\":\"" + name + "\"}", script.header(), "X-API-Key: odd");
        response.whole();

        assertEquals(
                "a".repeat(199) + "\ufffd",
                table().ended(response.header("Runtape-Run-Id")).agent());
    }

    @Test
    void recordsAResultThatHasHalfASurrogatePair() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{\"data\":{\"runId\":\"up\\ud800\",\"result\":\"g\\ud800\"}}"));

        WireResponse response = client().post("/v1/run", "{\"stream\":false}", script.header(), "X-API-Key: odd");
        response.whole();

        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("completed", run.outcome());
        assertEquals("\"g\ufffd\"", run.result());
        assertEquals("up\ufffd", run.upstreamRunId());
    }

    @Test
    void recordsAnEventWhoseTypeHasHalfASurrogatePair() throws Exception {
        Scripted script = upstream.on(Script.stream("data: {\"type\":\"t\\udc00\"}\n\n"));

        WireResponse response = client().post("/v1/run", "{}", script.header(), "X-API-Key: odd");
        response.whole();

        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("completed", run.outcome());
        assertEquals("t\ufffd", table().frames(run.id()).get(0).type());
    }
}
