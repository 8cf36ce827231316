package io.runtape.server.cors;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CorsOriginsTest {

    private static void start(String origin) {
        new CorsOrigins(() -> Optional.of(List.of("https://first.example", origin))).start(new StartupEvent());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://app.example.com",
                "http://localhost:3000",
                "http://[::1]:3000",
                "chrome-extension://abcdefgh",
                "/https://[a-z]+\\.example\\.com/",
                "*"
            })
    void takesWhatABrowserCanSend(String origin) {
        assertDoesNotThrow(() -> start(origin));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app.example.com",
                "https://app.example.com/",
                "https://app.example.com/page",
                "https://App.example.com",
                "https://one.example https://two.example",
                "/",
                "//",
                "/https://(/"
            })
    void refusesWhatNoBrowserSends(String origin) {
        ConfigurationException refused = assertThrows(ConfigurationException.class, () -> start(origin));

        assertTrue(refused.getMessage().contains("RUNTAPE_CORS_ORIGINS"), refused.getMessage());
        assertTrue(refused.getMessage().contains("'" + origin + "'"), refused.getMessage());
    }
}
