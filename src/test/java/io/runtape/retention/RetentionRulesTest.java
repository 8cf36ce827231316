package io.runtape.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.runtape.retention.RetentionRules.Keeping;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long the environment says that which runs are kept. */
class RetentionRulesTest {

    private static final Keeping FOR_EVER = new Keeping(null, null);

    private static RetentionRules rules(String... settings) {
        Map<String, String> environment = new HashMap<>();
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            environment.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withSources(new EnvConfigSource(environment, 300))
                .withMapping(RetentionConfig.class)
                .withMapping(RetentionRulesConfig.class)
                .build();
        return new RetentionRules(
                config.getConfigMapping(RetentionConfig.class), config.getConfigMapping(RetentionRulesConfig.class));
    }

    private static Keeping days(Integer run, Integer frames) {
        return new Keeping(run == null ? null : Duration.ofDays(run), frames == null ? null : Duration.ofDays(frames));
    }

    @Test
    void keepsAllForEverWithoutAnySetting() {
        assertEquals(FOR_EVER, rules().of("coder", "/v1/run"));
        assertTrue(rules().times().isEmpty());
        assertEquals(
                FOR_EVER,
                rules("RUNTAPE_RETENTION=off", "RUNTAPE_RETENTION_FRAMES=off").of(null, "/v1/run"));
    }

    /** As a run keeps its agent's name: half of a pair is none. */
    @Test
    void comparesTheNameThatARunKeeps() {
        String name = "a".repeat(199) + "\uD83D\uDE00";
        RetentionRules rules = rules(
                "RUNTAPE_RETENTION=30d",
                "RUNTAPE_RETENTION_RULES_A_AGENT=" + name,
                "RUNTAPE_RETENTION_RULES_A_AFTER=off");

        assertEquals(FOR_EVER, rules.of("a".repeat(199) + "\uFFFD", "/v1/run"));
    }

    @Test
    void keepsFramesForLessThanTheirRun() {
        RetentionRules rules = rules("RUNTAPE_RETENTION=30d", "RUNTAPE_RETENTION_FRAMES=7d");

        assertEquals(days(30, 7), rules.of(null, "/v1/run"));
        assertEquals(List.of(Duration.ofDays(7), Duration.ofDays(30)), List.copyOf(rules.times()));
        assertEquals(days(null, 7), rules("RUNTAPE_RETENTION_FRAMES=7d").of("coder", "/v1/run"));
    }

    @Test
    void goesByTheFirstRuleInTheOrderOfTheNames() {
        RetentionRules rules = rules(
                "RUNTAPE_RETENTION=30d",
                "RUNTAPE_RETENTION_FRAMES=7d",
                "RUNTAPE_RETENTION_RULES_B_PATH=/openai/v1/{+rest}",
                "RUNTAPE_RETENTION_RULES_B_AFTER=off",
                "RUNTAPE_RETENTION_RULES_A_AGENT=coder",
                "RUNTAPE_RETENTION_RULES_A_AFTER=10d",
                "RUNTAPE_RETENTION_RULES_A_FRAMES_AFTER=off",
                "RUNTAPE_RETENTION_RULES_C_AGENT=drafts",
                "RUNTAPE_RETENTION_RULES_C_PATH=/v1/run",
                "RUNTAPE_RETENTION_RULES_C_FRAMES_AFTER=1d");

        assertEquals(days(10, null), rules.of("coder", "/openai/v1/responses"));
        assertEquals(days(null, 7), rules.of(null, "/openai/v1/responses"));
        assertEquals(days(30, 1), rules.of("drafts", "/v1/run"));
        assertEquals(days(30, 7), rules.of("drafts", "/v1/agents/drafts/run"));
        assertEquals(days(30, 7), rules.of("Coder", "/v1/run"));
        assertEquals(
                List.of(Duration.ofDays(1), Duration.ofDays(7), Duration.ofDays(10), Duration.ofDays(30)),
                List.copyOf(rules.times()));
    }

    @Test
    void keepsForAThousandYears() {
        assertEquals(days(365_000, null), rules("RUNTAPE_RETENTION=365000d").of(null, "/v1/run"));
    }

    @ParameterizedTest
    @CsvSource({"RUNTAPE_RETENTION=365001d, 365000d at most", "RUNTAPE_RETENTION_FRAMES=9999999d, and off for ever"})
    void refusesATimeThatNoDatabaseKnows(String setting, String allowed) {
        RuntimeException refusal = assertThrows(RuntimeException.class, () -> rules(setting));

        assertTrue(refusal.getMessage().contains(allowed), refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "RUNTAPE_RETENTION=30, a time with its unit",
        "RUNTAPE_RETENTION_FRAMES=+30, a time with its unit",
        "RUNTAPE_RETENTION=0s, a time longer than 0"
    })
    void refusesATimeThatMayDeleteEverything(String setting, String allowed) {
        RuntimeException refusal = assertThrows(RuntimeException.class, () -> rules(setting));

        assertTrue(refusal.getMessage().contains(allowed), refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "RUNTAPE_RETENTION=7d | RUNTAPE_RETENTION_FRAMES=7d"
                        + " | RUNTAPE_RETENTION_FRAMES must be shorter than RUNTAPE_RETENTION:",
                "RUNTAPE_RETENTION_RULES_A_AFTER=1d | RUNTAPE_RETENTION_FRAMES=2d | is for no runs: set"
                        + " RUNTAPE_RETENTION_RULES_A_AGENT or RUNTAPE_RETENTION_RULES_A_PATH",
                "RUNTAPE_RETENTION_RULES_A_AGENT=a | RUNTAPE_RETENTION_FRAMES=2d | says nothing: set"
                        + " RUNTAPE_RETENTION_RULES_A_AFTER",
                "RUNTAPE_RETENTION_RULES_A_AGENT=a | RUNTAPE_RETENTION_RULES_A_AFTER=soon"
                        + " | RUNTAPE_RETENTION_RULES_A_AFTER is 'soon'. Allowed are a time such as 10m, and off.",
                "RUNTAPE_RETENTION_RULES_A_AGENT=a | RUNTAPE_RETENTION_RULES_A_AFTER=30"
                        + " | RUNTAPE_RETENTION_RULES_A_AFTER is '30'. Allowed are a time with its unit, such as 30d, and off.",
                "RUNTAPE_RETENTION_RULES_A_AGENT=a | RUNTAPE_RETENTION_RULES_A_AFTER=+30"
                        + " | RUNTAPE_RETENTION_RULES_A_AFTER is '+30'. Allowed are a time with its unit, such as 30d, and off.",
                "RUNTAPE_RETENTION_RULES_A_AGENT=a | RUNTAPE_RETENTION_RULES_A_AFTER=9999999d"
                        + " | RUNTAPE_RETENTION_RULES_A_AFTER is '9999999d'. Allowed are a time of 365000d at most, and off for ever.",
                "RUNTAPE_RETENTION_RULES_A_PATH=v1 | RUNTAPE_RETENTION_RULES_A_AFTER=1d"
                        + " | RUNTAPE_RETENTION_RULES_A_PATH is 'v1'. Each path begins with a slash",
                "RUNTAPE_RETENTION_FRAMES=3d | RUNTAPE_RETENTION_RULES_A_AGENT=a;RUNTAPE_RETENTION_RULES_A_AFTER=3d"
                        + " | RUNTAPE_RETENTION_FRAMES must be shorter than RUNTAPE_RETENTION_RULES_A_AFTER:",
                "RUNTAPE_RETENTION=3d | RUNTAPE_RETENTION_RULES_A_AGENT=a;RUNTAPE_RETENTION_RULES_A_FRAMES_AFTER=5d"
                        + " | RUNTAPE_RETENTION_RULES_A_FRAMES_AFTER must be shorter than RUNTAPE_RETENTION:"
            })
    void refusesWhatCannotBeUsed(String one, String others, String said) {
        String[] settings = (one + ";" + others).split(";");

        ConfigurationException refusal = assertThrows(ConfigurationException.class, () -> rules(settings));

        assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
    }
}
