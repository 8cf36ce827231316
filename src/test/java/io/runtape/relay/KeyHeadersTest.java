package io.runtape.relay;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.runtape.error.ApiException;
import io.vertx.core.MultiMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyHeadersTest {

    private static KeyHeaders named(String... names) {
        return new KeyHeaders(List.of(names), "API-Key"::equalsIgnoreCase);
    }

    private static MultiMap call(String... namesAndValues) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return headers;
    }

    @Test
    void takesOtherHeadersWhereTheOwnOneIsAbsent() {
        KeyHeaders keys = named("X-Request-Id", " X-Attempt-Of");

        assertNull(keys.keyIn(call("X-Other", "a")));
        assertEquals("a", keys.keyIn(call("x-request-id", "a")));
        assertEquals("a", keys.keyIn(call("X-Attempt-Of", "a", "X-Request-Id", "a")));
        assertEquals("own", keys.keyIn(call("Idempotency-Key", "own", "X-Request-Id", "a", "X-Attempt-Of", "b")));
        assertNull(named().keyIn(call("X-Request-Id", "a")));
    }

    @Test
    void refusesTwoThatDiffer() {
        ApiException refused = assertThrows(
                ApiException.class,
                () -> named("X-Request-Id", "X-Attempt-Of").keyIn(call("X-Request-Id", "a", "X-Attempt-Of", "b")));

        assertEquals(400, refused.code().status());
        assertTrue(refused.message().contains("X-Request-Id, X-Attempt-Of"), refused.message());
    }

    @Test
    void refusesAValueThatIsNoKey() {
        for (MultiMap call : List.of(
                call("X-Request-Id", ""),
                call("X-Request-Id", "a b"),
                call("X-Request-Id", "x".repeat(256)),
                call("X-Request-Id", "a", "X-Request-Id", "a"))) {
            ApiException refused =
                    assertThrows(ApiException.class, () -> named("X-Request-Id").keyIn(call));
            assertTrue(refused.message().startsWith("X-Request-Id must be one key"), refused.message());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "X Bad",
                "Authorization",
                "x-api-key",
                "Cookie",
                "api-key",
                "Content-Type",
                "Accept",
                "Host",
                "Last-Event-ID",
                "Runtape-Thread-Id"
            })
    void doesNotStartWithAHeaderThatIsNoKey(String name) {
        ConfigurationException refused = assertThrows(
                ConfigurationException.class, () -> named("X-Request-Id", name).check(new StartupEvent()));

        assertTrue(refused.getMessage().startsWith("RUNTAPE_IDEMPOTENCY_HEADERS has '" + name + "'"));
    }

    @Test
    void startsWithHeadersThatAreKeys() {
        assertDoesNotThrow(() -> named("X-Request-Id", "Idempotency-Key", "x-stainless-idempotency-key")
                .check(new StartupEvent()));
    }
}
