package io.runtape.archive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import jakarta.inject.Singleton;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Blackens what looks like a credential, and what the operator's own rules find (RUNTAPE_CASSETTE_REDACT). Each byte becomes
 * an asterisk, so that lengths and offsets stay. What a stream has in pieces, one part in each event, no rule finds. Safe for
 * any thread.
 */
@Singleton
public final class Redaction {

    /**
     * JSON web tokens, behind what comes before them without a gap, which is a group. Whether two dots follow as they must is looked at
     * once for each word: otherwise a long one that begins many times over would be read to its end each time.
     */
    private static final Pattern JSON_WEB_TOKEN = Pattern.compile("(?<![\\w-])(?=[\\w-]++\\.[\\w-]{10,}+\\.[\\w-]{5})"
            + "([\\w-]*?)\\b(eyJ[\\w-]{10,}+\\.[\\w-]{10,}+\\.[\\w-]{5,}+)");

    /** Keys of OpenAI, Anthropic and others, GitHub, AWS, Slack, Google; bearer tokens and private keys. */
    private static final List<String> USUAL = List.of(
            "\\b[sprk]k[-_][A-Za-z0-9_-]{16,}",
            "\\bgh[pousr]_[A-Za-z0-9]{20,}",
            "\\bgithub_pat_[A-Za-z0-9_]{20,}",
            "\\bAKIA[0-9A-Z]{16}\\b",
            "\\bxox[abeprs]-[A-Za-z0-9-]{10,}",
            "\\bAIza[0-9A-Za-z_-]{35}",
            "(?i)\\bbearer [A-Za-z0-9._~+/-]{16,}=*",
            // A backslash belongs to a key only before an n or r: it may escape the quote behind it.
            "-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\\\\nr\\s]*(?<!\\\\)(-----END [A-Z ]*PRIVATE KEY-----)?");

    private final List<Pattern> rules = new ArrayList<>();

    /** @throws ConfigurationException if a rule is no regular expression, which stops the start */
    Redaction(ArchiveConfig config) {
        USUAL.forEach(rule -> rules.add(Pattern.compile(rule)));
        for (String rule : config.cassetteRedact().orElse(List.of())) {
            try {
                rules.add(Pattern.compile(rule));
            } catch (PatternSyntaxException e) {
                throw new ConfigurationException(
                        "runtape.cassette-redact (RUNTAPE_CASSETTE_REDACT) has a rule that is no"
                                + " regular expression: " + e.getDescription() + ", at character " + (e.getIndex() + 1)
                                + ".");
            }
        }
    }

    /**
     * The text without what the rules find.
     *
     * @throws ApiException 500 if a rule cannot go through it, since it takes more of the stack than there is
     */
    public String of(String text) {
        return of(text, String::length);
    }

    /** @param asterisks how many stand for a match */
    private String of(String text, ToIntFunction<String> asterisks) {
        String redacted = JSON_WEB_TOKEN
                .matcher(text)
                .replaceAll(token -> token.group(1) + "*".repeat(token.group(2).length()));
        try {
            for (Pattern rule : rules) {
                Matcher found = rule.matcher(redacted);
                if (found.find()) {
                    redacted = found.replaceAll(match -> "*".repeat(asterisks.applyAsInt(match.group())));
                }
            }
        } catch (StackOverflowError e) {
            throw ApiException.of(
                    ErrorCode.INTERNAL_ERROR,
                    "A rule of RUNTAPE_CASSETTE_REDACT takes more of the stack than there is for a text of this run: where it"
                            + " repeats alternatives in parentheses, write a class of characters.",
                    e);
        }
        return redacted;
    }

    /** The bytes, as UTF-8 or, where they are none, each as a character, without what the rules find; fails like the other. */
    public byte[] of(byte[] bytes) {
        Charset encoding = Arrays.equals(new String(bytes, UTF_8).getBytes(UTF_8), bytes) ? UTF_8 : ISO_8859_1;
        String text = new String(bytes, encoding);
        // The lengths of frames stay as they are.
        String redacted = of(text, match -> match.getBytes(encoding).length);
        return redacted.equals(text) ? bytes : redacted.getBytes(encoding);
    }
}
