package io.runtape.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DialectsTest {
    @Test
    void knowsTheDialectOfAPath() {
        assertEquals(
                "runtools", AllDialects.dialects().at("/v1/agents/coder/run").name());
        assertEquals(
                "unknown", AllDialects.dialects().at("/v1/chat/completions").name());
        assertEquals(
                Outcome.UNKNOWN,
                AllDialects.dialects().at("/v1/messages").digest().outcome());
    }

    @Test
    void knowsTheDialectOfARecordedRun() {
        Dialects dialects = AllDialects.dialects();

        assertEquals("agui", dialects.ofRun("agui", "langgraph", "/v1/run").name());
        assertEquals("langgraph", dialects.ofRun(null, "langgraph", "/v1/run").name());
        assertEquals("runtools", dialects.ofRun(null, "auto", "/v1/run").name());
        assertEquals(
                "unknown",
                dialects.ofRun("of-another-version", "auto", "/v1/run").name());
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/run/a/cancel, a",
        "/V1/run/a%20b/cancel/, a b",
        "/v1/responses/a/cancel, a",
        "/openai/responses/a/cancel, a",
        "/threads/t/runs/a/cancel, a",
        "/x/v1/run/a/cancel,",
        "/v1/run/a,"
    })
    void knowsWhichRunACancelNames(String path, String runId) {
        assertEquals(Optional.ofNullable(runId), AllDialects.dialects().cancelledAt(path));
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/responses/a, RESPONSE",
        "/responses/a/, RESPONSE",
        "/openai/v1/responses/a, RESPONSE",
        "/threads/t/runs/a/stream, RUN_STREAM",
        "/runs/a/stream, RUN_STREAM",
        "/threads/t/runs/a/join, RUN_STATE",
        "/api/chat/t/stream, CHAT_STREAM",
        "/any/other/path/t/stream, CHAT_STREAM",
        "/v1/responses,",
        "/v1/responses/a/input_items,",
        "/runs/stream,",
        "/threads/t/runs/a,"
    })
    void knowsWhatAResumeAsksFor(String path, ResumeKind kind) {
        Optional<Dialects.Resume> resume = AllDialects.dialects().resumedAt(path);

        assertEquals(Optional.ofNullable(kind), resume.map(Dialects.Resume::kind));
        resume.ifPresent(found -> {
            assertEquals(path.contains("/t/") ? "t" : null, found.values().get("threadId"));
            assertEquals(
                    path.contains("/a") && kind != ResumeKind.CHAT_STREAM ? "a" : null,
                    found.values().get("runId"));
        });
    }

    /** Of several places of an API, a run is cancelled where it was called. */
    @ParameterizedTest
    @CsvSource({
        "/v1/responses, /v1/responses/{runId}/cancel",
        "/responses, /responses/{runId}/cancel",
        "/openai/responses, /openai/responses/{runId}/cancel",
        "/any, /v1/responses/{runId}/cancel"
    })
    void cancelsARunWhereItWasCalled(String called, String path) {
        Dialect responses = AllDialects.dialects().of("openai-responses", "/any");

        assertEquals(Optional.of(path), responses.paths().cancel(called));
    }

    /** The gateway's own cancel call is one that it would notice, too. */
    @Test
    void noticesTheCancelsThatItMakes() {
        for (Dialect dialect : AllDialects.list()) {
            dialect.paths()
                    .cancel("/any")
                    .ifPresent(path -> assertEquals(
                            Optional.of("r"),
                            AllDialects.dialects()
                                    .cancelledAt(path.replace("{runId}", "r").replace("{threadId}", "t"))));
        }
    }
}
