package io.runtape.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.sse.EventParser;
import io.runtape.sse.ServerSentEvent;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The gateway's own errors in a stream are such as each dialect has, and reads. */
class ErrorEventTest {

    private static final Failure FAILURE = new Failure("upstream_timeout", "It said \"no\".\nTwice.");

    static List<Dialect> dialects() {
        return AllDialects.list();
    }

    @ParameterizedTest
    @MethodSource("dialects")
    void isReadAsAFailureOfTheRun(Dialect dialect) {
        byte[] event = dialect.errorEvent(FAILURE);
        ServerSentEvent parsed = EventParser.parse(event, 0, event.length, false, "");
        RunDigest digest = dialect.digest();
        digest.event(parsed.event().equals("message") ? null : parsed.event(), event, 0, event.length, false);

        Outcome outcome = digest.outcome();
        assertEquals(Verdict.FAILED, outcome.verdict());
        assertEquals(FAILURE.message(), outcome.error().message());
        // The protocol of the AI SDK has no codes.
        String code = dialect.name().equals("aisdk") ? Failure.NO_CODE : FAILURE.code();
        assertEquals(code, outcome.error().code());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/responses | event: error\\ndata: {\"code\":\"c\",\"message\":\"m\",\"param\":null,\"type\":\"error\",\"sequence_number\":0,\"error\":{\"code\":\"c\",\"message\":\"m\",\"param\":null,\"type\":\"c\"}}\\n\\n",
                "/openai/v1/chat/completions | data: {\"error\":{\"message\":\"m\",\"type\":\"c\",\"param\":null,\"code\":\"c\"}}\\n\\n",
                "/v1/messages | event: error\\ndata: {\"type\":\"error\",\"error\":{\"type\":\"c\",\"message\":\"m\"}}\\n\\n",
                "/threads/t1/runs/stream | event: error\\ndata: {\"error\":\"c\",\"message\":\"m\"}\\n\\n",
                "/api/chat | data: {\"type\":\"error\",\"errorText\":\"m\"}\\n\\n",
                "/v1/run | event: error\\ndata: {\"code\":\"c\",\"message\":\"m\"}\\n\\n",
                "/v1/anything | event: error\\ndata: {\"code\":\"c\",\"message\":\"m\"}\\n\\n"
            })
    void isThatOfTheDialectThatAPathTells(String path, String event) {
        byte[] written = AllDialects.dialects().expected("auto", path).errorEvent(new Failure("c", "m"));

        assertEquals(event.replace("\\n", "\n"), new String(written, UTF_8));
    }

    @Test
    void readsTheFailureInTheBodyOfAnErrorResponse() {
        assertEquals(
                new Failure("rate_limit", "Slow down."),
                Failure.inBody("{\"error\":{\"type\":\"rate_limit\",\"message\":\"Slow down.\"}}"));
        assertEquals(new Failure(Failure.NO_CODE, "No."), Failure.inBody("{\"error\":\"No.\"}"));
        assertEquals(new Failure("x", "No."), Failure.inBody("{\"code\":\"x\",\"message\":\"No.\"}"));
        assertEquals(new Failure(Failure.NO_CODE, ""), Failure.inBody("<html>"));
        assertEquals(new Failure(Failure.NO_CODE, ""), Failure.inBody(""));
    }
}
