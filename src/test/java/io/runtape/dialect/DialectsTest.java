package io.runtape.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

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
}
