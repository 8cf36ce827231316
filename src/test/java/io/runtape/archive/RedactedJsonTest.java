package io.runtape.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.MemorySize;
import io.runtape.archive.RedactedJson.Kind;
import java.math.BigInteger;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a rule finds in JSON, what is left is JSON of the same kind, and the rule finds nothing more in it. */
class RedactedJsonTest {

    private static String redacted(String rule, Kind kind, String json) {
        return new RedactedJson(new Redaction(new Rule(rule))).of(json, kind);
    }

    private record Rule(String rule) implements ArchiveConfig {

        @Override
        public MemorySize maxBody() {
            return new MemorySize(BigInteger.ONE);
        }

        @Override
        public MemorySize maxFrame() {
            return new MemorySize(BigInteger.ONE);
        }

        @Override
        public Optional<String> cassetteRedact() {
            return Optional.of(rule);
        }
    }

    /** There are commas between rules, and people write a space behind a comma. A backslash is the rule's own. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "other, hunter[0-9]",
                " hunter[0-9] ,other",
                "hunter\\d",
                "other,,hunter[0-9]{1\\,2},",
                "other\\\\,hunter2"
            })
    void takesRulesWithCommasBetweenThem(String rules) {
        assertEquals("\"*******\"", redacted(rules, Kind.VALUE, "\"hunter2\""));
    }

    @Test
    void saysWhichRuleIsNoRegularExpression() {
        ConfigurationException refused =
                assertThrows(ConfigurationException.class, () -> redacted("fine, a\\", Kind.VALUE, "1"));

        assertTrue(refused.getMessage().contains("RUNTAPE_CASSETTE_REDACT"), refused::getMessage);
        assertTrue(refused.getMessage().contains("rule 2"), refused::getMessage);
    }

    @Test
    void takesNothingBetweenCommasForNoRule() {
        assertEquals("\"hunter2\"", redacted(" , ", Kind.VALUE, "\"hunter2\""));
    }

    @ParameterizedTest
    @CsvSource({
        "sk-AbCdEfGhIjKlMnOp, *******************",
        "(rk_AbCdEfGhIjKlMnOp), (*******************)",
        "Authorization: BEARER abcdefghijklmnop==, Authorization: *************************",
        // Words that only end as a credential begins.
        "task-of-a-rather-long-name, task-of-a-rather-long-name",
        "desk_of_a_rather_long_name, desk_of_a_rather_long_name",
        "a forbearer abcdefghijklmnop, a forbearer abcdefghijklmnop",
    })
    void findsCredentialsAtTheBeginningOfAWord(String text, String expected) {
        assertEquals('"' + expected + '"', redacted("no such text", Kind.VALUE, '"' + text + '"'));
    }

    /** Tools number the lines of a file, or show them as a change: keys end at their last line all the same. */
    @ParameterizedTest
    @ValueSource(strings = {"", "  12\u2192", "7:", "-", "> "})
    void findsPrivateKeysWhateverStandsBeforeTheirLines(String prefix) {
        String key = prefix + "-----BEGIN RSA PRIVATE KEY-----" + linesOfAKey(prefix) + "\\n" + prefix
                + "-----END RSA PRIVATE KEY-----";

        String redacted = redacted("no such text", Kind.VALUE, "\"a " + key + " z\"");

        assertEquals("\"a " + prefix + "*".repeat(key.length() - prefix.length()) + " z\"", redacted);
    }

    /** A tool shows the beginning of a long file alone. */
    @ParameterizedTest
    @ValueSource(strings = {"", "  12\u2192", "7:", "-", "> "})
    void findsPrivateKeysThatAreCutOff(String prefix) {
        String redacted = redacted(
                "no such text",
                Kind.VALUE,
                "\"-----BEGIN PRIVATE KEY-----" + linesOfAKey(prefix) + "\u2026 and so on\"");

        assertFalse(redacted.contains("MIIE"), redacted);
        assertTrue(redacted.endsWith("\u2026 and so on\""), redacted);
    }

    private static String linesOfAKey(String prefix) {
        return ("\\n" + prefix + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC").repeat(300);
    }

    /** Each begins anew, and none ends. */
    @Test
    void goesThroughTextsInWhichManyKeysBegin() {
        String begins = "-----BEGIN PRIVATE KEY----- 1:MIIE ";

        String redacted = redacted("no such text", Kind.VALUE, '"' + begins.repeat(50_000) + '"');

        assertFalse(redacted.contains("BEGIN"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // Within a text or a name, all else keeps its spelling.
                "[0-9]{4}      | OBJECT | { \"k1234\": \"x 1234\", \"n\": 1.50e3 } | { \"k****\": \"x ****\", \"n\": 1.50e3 }",
                "[0-9]{4}      | OBJECT | {\"n\":1234,\"m\":-1.50e3,\"t\":\"1234\"} | {\"n\":\"****\",\"m\":-1.50e3,\"t\":\"****\"}",
                "true          | VALUE  | {\"a\":[true,false,null]} | {\"a\":[\"****\",false,null]}",
                "[0-9]{4}      | COUNTS | {\"inputTokens\":1234,\"source\":\"none\"} | {\"inputTokens\":null,\"source\":\"none\"}",
                // From one token to another.
                "a\":\"b\"     | OBJECT | {\"a\":\"b\"} | {}",
                "a\":\"b\"     | VALUE  | {\"a\":\"b\"} | null",
                "\\{.*         | COUNTS | {\"inputTokens\":1} | null",
                "\",\"         | PAIRS  | [[\"X-A\",\"b\"]] | []",
                // What escapes a character looks like a part of a word.
                "secret        | VALUE  | \"a\\nsecret\" | \"a\\n******\"",
                "nsecret       | VALUE  | \"a\\nsecret\" | null",
                "secret        | VALUE  | no JSON but secret | no JSON but ******",
            })
    void staysJsonOfItsKind(String rule, Kind kind, String json, String expected) {
        assertEquals(expected, redacted(rule, kind, json));
    }

    /** An import refuses a text that is longer than a gateway records it. */
    @Test
    void growsNoLongerThanAnImportTakesIt() {
        String many = "{\"n\":[" + "1,".repeat(100_000) + "1]}";

        assertEquals("{}", redacted("1", Kind.OBJECT, many));
        assertEquals("{\"n\":[\"*\",\"*\"]}", redacted("1", Kind.OBJECT, "{\"n\":[1,1]}"));
    }
}
