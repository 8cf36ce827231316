package io.runtape.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.clients.JavaApi.Shown;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** Calls of the clients in Java that the gateway refuses with an error of its own. */
final class RefusedJavaCalls {

    /** How often OpenAI's and Anthropic's clients come again by default. */
    private static final int REPEATS = 2;

    private RefusedJavaCalls() {}

    /**
     * Checks what each client says of an error, and that those that come again by themselves wait as they are told to.
     *
     * @param calls a call of a client
     */
    static void assertRefused(Function<JavaApi, JavaCall> calls, int status, String message, Duration retryAfter) {
        for (JavaApi api : JavaApi.all()) {
            List<Duration> pauses = new ArrayList<>();

            RuntimeException thrown = assertThrows(
                    RuntimeException.class, () -> api.stream(calls.apply(api).withPause(pauses::add)));

            Shown shown = api.shown(thrown);
            assertEquals(status, shown.status(), api.toString());
            assertTrue(shown.message().contains(message), shown.toString());
            assertTrue(shown.requestId().orElse("").startsWith("req_"), shown.toString());
            assertEquals(
                    api.repeatsStreams() ? Collections.nCopies(REPEATS, retryAfter) : List.of(),
                    pauses,
                    api.toString());
        }
    }
}
