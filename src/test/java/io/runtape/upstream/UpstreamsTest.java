package io.runtape.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which agent APIs the environment names, and which of them serves a path. */
class UpstreamsTest {

    private static Upstreams upstreams(String... settings) {
        Map<String, String> environment = new HashMap<>();
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            environment.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withSources(new EnvConfigSource(environment, 300))
                .withConverter(Duration.class, 200, new DurationConverter())
                .withConverter(MemorySize.class, 200, new MemorySizeConverter())
                .withMapping(UpstreamConfig.class)
                .withMapping(NamedUpstreamsConfig.class)
                .withMapping(UpstreamNamesConfig.class)
                .build();
        return new Upstreams(
                config.getConfigMapping(UpstreamConfig.class),
                config.getConfigMapping(NamedUpstreamsConfig.class),
                config.getConfigMapping(UpstreamNamesConfig.class),
                () -> "http://127.0.0.1:1");
    }

    private static Upstream named(Upstreams upstreams, String name) {
        return upstreams.all().stream()
                .filter(upstream -> upstream.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void isTheDemoAgentWithoutAnySetting() {
        Upstreams upstreams = upstreams();

        assertTrue(upstreams.isDemo());
        assertEquals("default", upstreams.at("/v1/run").orElseThrow().name());
    }

    @Test
    void needsOnlyTheNameOfAPublicAgentApi() {
        Upstreams upstreams = upstreams("RUNTAPE_UPSTREAMS=openai, ANTHROPIC");

        assertFalse(upstreams.isDemo());
        assertEquals(Optional.empty(), upstreams.at("/v1/run"));
        Upstream openai = upstreams.at("/openai/v1/responses").orElseThrow();
        assertEquals("api.openai.com", openai.address().host());
        assertTrue(openai.recordPaths().contains("/v1/responses"));
        Upstream anthropic = upstreams.at("/anthropic/v1/messages").orElseThrow();
        assertEquals("anthropic", anthropic.dialect());
        assertEquals(32L << 20, anthropic.bodyMax().orElseThrow().asLongValue());
    }

    @Test
    void recordsNoPathOfItsOwnForAPresetWithoutAPrefix() {
        Upstreams upstreams = upstreams("RUNTAPE_UPSTREAMS_AGUI_URL=http://agents", "RUNTAPE_UPSTREAMS_AGUI_PREFIX=/");

        assertEquals(List.of("/{+path}"), named(upstreams, "agui").recordPaths());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RUNTAPE_UPSTREAM_CANCEL_PATH=v1/run/{runId}/cancel",
                "RUNTAPE_UPSTREAMS_OPENAI_CANCEL_PATH=https://api.openai.com/v1/run/{runId}/cancel"
            })
    void refusesACancelPathThatIsNone(String setting) {
        ConfigurationException refused = assertThrows(
                ConfigurationException.class, () -> upstreams("RUNTAPE_UPSTREAM_URL=http://agents", setting));

        assertTrue(refused.getMessage().startsWith(setting.substring(0, setting.indexOf('='))), refused.getMessage());
    }

    @Test
    void takesASettingBeforeThePreset() {
        Upstream eu = named(
                upstreams(
                        "RUNTAPE_UPSTREAMS_EU_PRESET=openai",
                        "RUNTAPE_UPSTREAMS_EU_URL=https://eu.example/base/",
                        "RUNTAPE_UPSTREAMS_EU_PREFIX=/models/eu",
                        "RUNTAPE_UPSTREAMS_EU_RECORD_PATHS=/v1/responses,/v1/x",
                        "RUNTAPE_UPSTREAMS_EU_DIALECT=responses",
                        "RUNTAPE_UPSTREAMS_EU_CANCEL_PATH=/stop/{runId}",
                        "RUNTAPE_UPSTREAMS_EU_ON_DISCONNECT=cancel",
                        "RUNTAPE_UPSTREAMS_EU_TIMEOUT=5s",
                        "RUNTAPE_UPSTREAMS_EU_IDLE_TIMEOUT=7s",
                        "RUNTAPE_UPSTREAMS_EU_MAX_BODY=1M"),
                "eu");

        assertEquals("/models/eu", eu.prefix());
        assertEquals("/base/v1/responses", eu.address().target("/v1/responses"));
        assertEquals("/base", eu.address().target(""));
        assertEquals(List.of("/v1/responses", "/v1/x"), eu.recordPaths());
        assertEquals("responses", eu.dialect());
        assertEquals(Optional.of("/stop/{runId}"), eu.cancelPath());
        assertTrue(eu.cancelOnDisconnect());
        assertEquals(Duration.ofSeconds(5), eu.headTimeout(false));
        assertEquals(Duration.ofSeconds(7), eu.idleTimeout());
        assertEquals(1L << 20, eu.bodyMax().orElseThrow().asLongValue());
    }

    @Test
    void waitsForAWholeResponseLongerThanForAStream() {
        Upstream unset = named(upstreams("RUNTAPE_UPSTREAM_URL=http://a.example"), "default");

        assertEquals(Duration.ofSeconds(60), unset.headTimeout(true));
        assertEquals(Duration.ofMinutes(30), unset.headTimeout(false));
    }

    @Test
    void servesAPathByTheLongestPrefix() {
        Upstreams upstreams = upstreams(
                "RUNTAPE_UPSTREAM_URL=http://a.example",
                "RUNTAPE_UPSTREAMS_ONE_URL=http://one.example",
                "RUNTAPE_UPSTREAMS_TWO_URL=http://two.example",
                "RUNTAPE_UPSTREAMS_TWO_PREFIX=/one/two");

        assertEquals("two", upstreams.at("/one/two/v1/run").orElseThrow().name());
        assertEquals("two", upstreams.at("/one/two").orElseThrow().name());
        assertEquals("one", upstreams.at("/one/twofold").orElseThrow().name());
        assertEquals("default", upstreams.at("/oneness").orElseThrow().name());
    }

    @Test
    void sendsItsOwnKeyInsteadOfTheCallers() {
        Upstream azure = named(
                upstreams("RUNTAPE_UPSTREAMS_AZURE_URL=http://a.example", "RUNTAPE_UPSTREAMS_AZURE_API_KEY=secret"),
                "azure");

        assertEquals(
                List.of(Map.entry("X-Other", "1"), Map.entry("api-key", "secret")),
                azure.authenticated(
                        List.of(Map.entry("Authorization", "Bearer mine"), Map.entry("X-Other", "1")),
                        name -> name.equals("Authorization")));
        assertEquals(
                List.of(Map.entry("X-Other", "1")),
                azure.withoutKey(List.of(Map.entry("X-Echo", "api-key=secret"), Map.entry("X-Other", "1"))));
        assertFalse(azure.toString().contains("secret"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "RUNTAPE_UPSTREAMS=azure | RUNTAPE_UPSTREAMS_AZURE_URL is missing",
                "RUNTAPE_UPSTREAMS=mine | RUNTAPE_UPSTREAMS_MINE_URL is missing",
                "RUNTAPE_UPSTREAMS=default | RUNTAPE_UPSTREAMS has an entry that cannot be used. A name is a letter and",
                "RUNTAPE_UPSTREAMS_OPENAI_URL=ftp://a | RUNTAPE_UPSTREAMS_OPENAI_URL cannot be used",
                "RUNTAPE_UPSTREAMS_OPENAI_PREFIX=/history/x | is not below /history",
                "RUNTAPE_UPSTREAMS_OPENAI_PREFIX=/x/ | has no slash at its end",
                "RUNTAPE_UPSTREAMS_OPENAI_PRESET=opnai | Allowed values: openai, azure, anthropic, gemini",
                "RUNTAPE_UPSTREAMS_OPENAI_ON_DISCONNECT=stop | Allowed values: continue, cancel",
                "RUNTAPE_UPSTREAMS_OPENAI_TIMEOUT=1ms | RUNTAPE_UPSTREAMS_OPENAI_TIMEOUT must be at least 100 ms"
            })
    void refusesWhatCannotBeUsed(String setting, String said) {
        ConfigurationException refusal = assertThrows(ConfigurationException.class, () -> upstreams(setting));

        assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a-b",
                "sk-proj-4f2aQ8",
                "openai,AIzaSyD4f2aQ8xT0u1V2w3X4y5Z6a7B8c9D0e",
                "a94a8fe5ccb19ba61c4c0873d391e987",
                "lsv2_pt_4f2a"
            })
    void quotesNoKeyThatWasPastedAmongTheNames(String pasted) {
        ConfigurationException refusal =
                assertThrows(ConfigurationException.class, () -> upstreams("RUNTAPE_UPSTREAMS=" + pasted));

        String said = refusal.getMessage();
        assertTrue(said.startsWith("RUNTAPE_UPSTREAMS has "), said);
        assertFalse(
                said.toLowerCase(Locale.ROOT)
                        .contains(pasted.substring(pasted.indexOf(',') + 1).toLowerCase(Locale.ROOT)),
                said);
    }

    @Test
    void refusesAKeyThatNoHeaderCanCarryWithoutQuotingIt() {
        for (String key : List.of("sk-one\nsk-two", "sk-one sk-two", "sk-\u00e9")) {
            ConfigurationException refusal = assertThrows(
                    ConfigurationException.class,
                    () -> upstreams("RUNTAPE_UPSTREAMS=openai", "RUNTAPE_UPSTREAMS_OPENAI_API_KEY=" + key));

            assertEquals(
                    "RUNTAPE_UPSTREAMS_OPENAI_API_KEY cannot be used. A key is one word of visible ASCII characters.",
                    refusal.getMessage());
        }
    }

    @Test
    void refusesTwoWithoutAPrefix() {
        ConfigurationException refusal = assertThrows(
                ConfigurationException.class,
                () -> upstreams("RUNTAPE_UPSTREAM_URL=http://a.example", "RUNTAPE_UPSTREAMS_OPENAI_PREFIX=/"));

        assertTrue(refusal.getMessage().contains("Two agent APIs have no prefix"), refusal.getMessage());
    }
}
