package io.runtape.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.sse.ServerSentEvent;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each dialect reads out of streams and whole responses, by the files in {@code src/test/resources/dialects}; the README there
 * says how they are written. The dialect is found by the first events, as in a gateway that knows nothing of the path.
 */
class DialectCasesTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Dialect ANY = AllDialects.dialects().at("/any");

    @ParameterizedTest
    @MethodSource("io.runtape.dialect.DialectCase#all")
    void readsTheOutcome(DialectCase of) {
        RunDigest digest = ANY.digest();
        if (of.stream()) {
            of.frames((type, block) -> digest.event(type, block, 0, block.length, false));
        } else {
            byte[] body = of.came().strip().getBytes(UTF_8);
            digest.response(body, 0, body.length);
        }
        ObjectNode expected = of.expected().deepCopy();
        expected.remove("transcript");

        assertEquals(expected.toPrettyString(), json(digest.outcome()).toPrettyString());
    }

    @ParameterizedTest
    @MethodSource("io.runtape.dialect.DialectCase#all")
    void readsTheTranscript(DialectCase of) throws JsonProcessingException {
        List<Message> messages = of.stream()
                ? ANY.transcript(of.events())
                : ANY.answered(of.came().strip());

        assertEquals(
                of.expected().path("transcript").toPrettyString(),
                JSON.readTree(JSON.writeValueAsString(messages)).toPrettyString());
    }

    /** A run that is still live, or that broke off. */
    @ParameterizedTest
    @MethodSource("io.runtape.dialect.DialectCase#all")
    void readsEachBeginningOfAStream(DialectCase of) {
        List<ServerSentEvent> events = of.events();
        for (int i = 0; i < events.size(); i++) {
            List<ServerSentEvent> beginning = events.subList(0, i);
            assertDoesNotThrow(() -> ANY.transcript(beginning));
        }
    }

    /** Whoever joins late has, in the end, what everybody has. */
    @ParameterizedTest
    @MethodSource("io.runtape.dialect.DialectCase#all")
    void goesOnFromASnapshotAtEachEvent(DialectCase of) {
        if (of.stream()) {
            ClientFold.assertGoesOnFromEverywhere(ANY, of.events());
        }
    }

    /** Without this the test above could hold for lack of snapshots. */
    @Test
    void hasSnapshotsOfMostBeginnings() throws IOException {
        int events = 0;
        int snapshots = 0;
        for (DialectCase of : DialectCase.all()) {
            if (of.stream()) {
                events += of.events().size();
                snapshots += ClientFold.assertGoesOnFromEverywhere(ANY, of.events());
            }
        }

        assertTrue(snapshots > events / 2, snapshots + " of " + events);
    }

    private static ObjectNode json(Outcome outcome) {
        ObjectNode json = JSON.createObjectNode();
        json.put("dialect", outcome.dialect());
        json.put(
                "verdict",
                outcome.verdict() == null ? null : outcome.verdict().name().toLowerCase());
        json.put("finishReason", outcome.finishReason());
        json.put("model", outcome.model());
        json.put("upstreamRunId", outcome.upstreamRunId());
        json.set("usage", outcome.usage() == null ? null : JSON.valueToTree(outcome.usage()));
        json.set("result", outcome.result());
        json.set("error", outcome.error() == null ? null : JSON.valueToTree(outcome.error()));
        return json;
    }
}
