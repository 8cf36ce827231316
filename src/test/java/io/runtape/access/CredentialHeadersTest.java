package io.runtape.access;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialHeadersTest {

    @ParameterizedTest
    @ValueSource(strings = {"X-API-Key", "authorization", "api-key", "Cookie", " x-goog-api-key "})
    void takesWhatACredentialComesIn(String name) {
        assertDoesNotThrow(() -> new CredentialHeaders(List.of("X-API-Key", name)).start(new StartupEvent()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "X API Key",
                "X-API-Key:",
                "schlüssel",
                "Connection",
                "proxy-authorization",
                "Transfer-Encoding",
                "Runtape-Thread-Id",
                "content-type",
                "Host",
                "Idempotency-Key"
            })
    void refusesWhatNoCredentialComesIn(String name) {
        CredentialHeaders headers = new CredentialHeaders(List.of("X-API-Key", name));

        ConfigurationException refused =
                assertThrows(ConfigurationException.class, () -> headers.start(new StartupEvent()));

        assertTrue(refused.getMessage().contains("RUNTAPE_CREDENTIAL_HEADERS"), refused.getMessage());
        assertTrue(refused.getMessage().contains("'" + name + "'"), refused.getMessage());
    }

    @Test
    void findsTheSecretsInAHeader() {
        CredentialHeaders headers = new CredentialHeaders(List.of("X-API-Key"));

        assertEquals(List.of("secret"), headers.secrets("Authorization", "Bearer secret"));
        assertEquals(List.of("secret"), headers.secrets("api-key", "secret"));
        assertEquals(List.of("one", "two"), headers.secrets("cookie", "a=one; b=two"));
    }
}
