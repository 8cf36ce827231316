package io.runtape.clients;

import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * One call of a client in Java.
 *
 * @param url where the API begins
 * @param credential who calls
 * @param idempotencyKey its key, which its repeats have as well
 * @param headers other headers of the call
 * @param timeout when the client gives up waiting
 * @param pause what happens instead of the pause that a client makes before it repeats a call by itself
 */
record JavaCall(
        String url,
        String credential,
        String idempotencyKey,
        Map<String, String> headers,
        Duration timeout,
        Consumer<Duration> pause) {

    /** What all of them ask for. */
    static final String PROMPT = "Add a health check";

    /**
     * A call that says to the agent API which case it is to play, and how; with a key of its own.
     *
     * @param agent the agent API
     * @param scenario which calls belong together
     */
    static JavaCall of(String url, String credential, Scripted agent, String scenario, String played, String turn) {
        String[] script = agent.header().split(": ");
        Map<String, String> headers =
                Map.of(script[0], script[1], "X-Scenario", scenario, "X-Case", played, "X-Turn", turn);
        return new JavaCall(
                url, credential, UUID.randomUUID().toString(), headers, ScriptedUpstream.PATIENCE, pause -> {});
    }

    JavaCall with(String header, String value) {
        Map<String, String> more = new HashMap<>(headers);
        more.put(header, value);
        return new JavaCall(url, credential, idempotencyKey, more, timeout, pause);
    }

    JavaCall withTimeout(Duration other) {
        return new JavaCall(url, credential, idempotencyKey, headers, other, pause);
    }

    JavaCall withPause(Consumer<Duration> other) {
        return new JavaCall(url, credential, idempotencyKey, headers, timeout, other);
    }
}
