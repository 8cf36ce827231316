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
import java.util.Optional;
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
    private static final Rule JSON_WEB_TOKEN = new Rule(
            "eyJ",
            "(?<![\\w-])(?=[\\w-]++\\.[\\w-]{10,}+\\.[\\w-]{5})"
                    + "([\\w-]*?)\\b(eyJ[\\w-]{10,}+\\.[\\w-]{10,}+\\.[\\w-]{5,}+)");

    /** A rule of the operator's, up to a comma that has no backslash. */
    private static final Pattern OWN_RULE = Pattern.compile("(?:\\\\.|[^,])++");

    /**
     * Keys of OpenAI, Anthropic and others, GitHub, AWS, Slack, Google; bearer tokens and private keys. Where a rule has no part, it
     * asks for the beginning of a word behind the first characters: at each character of a text that would take several times as long.
     */
    private static final List<Rule> USUAL = List.of(
            new Rule("", "[sprk]k[-_](?<=\\b[sprk]k[-_])[A-Za-z0-9_-]{16,}"),
            new Rule("gh", "\\bgh[pousr]_[A-Za-z0-9]{20,}"),
            new Rule("github_pat_", "\\bgithub_pat_[A-Za-z0-9_]{20,}"),
            new Rule("AKIA", "\\bAKIA[0-9A-Z]{16}\\b"),
            new Rule("xox", "\\bxox[abeprs]-[A-Za-z0-9-]{10,}"),
            new Rule("AIza", "\\bAIza[0-9A-Za-z_-]{35}"),
            new Rule("", "(?i)bearer (?<=\\bbearer )[A-Za-z0-9._~+/-]{16,}=*"),
            // To its end, whatever stands before its lines, such as their numbers. Where it is cut off, as far as
            // its own characters go, and further lines of them. A backslash belongs to a key only before an n or r:
            // it may escape the quote behind it.
            new Rule(
                    "PRIVATE KEY-----",
                    "-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?:(?!-----)[^\"]){0,32768}+-{5,}END [A-Z ]*PRIVATE KEY-----"
                            + "|[A-Za-z0-9+/=\\\\nr\\s]*(?<!\\\\)"
                            + "(?:(?:\\\\[nr]|[^\"A-Za-z\\\\]){1,24}+[A-Za-z0-9+/=]{16,}+){0,500}+)"));

    private final List<Rule> rules = new ArrayList<>(USUAL);

    /**
     * What a credential looks like.
     *
     * @param part of every match, which is looked for first: most texts have none of these, and an expression takes many times as long;
     *     empty where there is none
     */
    private record Rule(String part, Pattern pattern) {

        Rule(String part, String expression) {
            this(part, Pattern.compile(expression));
        }

        /** Finds matches in the text, or nothing at once. */
        Optional<Matcher> in(String text) {
            return text.contains(part) ? Optional.of(pattern.matcher(text)) : Optional.empty();
        }
    }

    /** @throws ConfigurationException if a rule is no regular expression, which stops the start */
    Redaction(ArchiveConfig config) {
        int number = 0;
        for (String rule : ownRules(config.cassetteRedact().orElse(""))) {
            number++;
            try {
                rules.add(new Rule("", rule));
            } catch (PatternSyntaxException e) {
                throw new ConfigurationException("runtape.cassette-redact (RUNTAPE_CASSETTE_REDACT), rule " + number
                        + ", is no regular expression: " + e.getDescription() + ", at character " + (e.getIndex() + 1)
                        + ". Between rules are commas; a comma of a rule is written '\\,'.");
            }
        }
    }

    private static List<String> ownRules(String setting) {
        return OWN_RULE.matcher(setting)
                .results()
                .map(rule -> rule.group().strip().replace("\\,", ","))
                .filter(rule -> !rule.isEmpty())
                .toList();
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
                .in(text)
                .map(found -> found.replaceAll(
                        token -> token.group(1) + "*".repeat(token.group(2).length())))
                .orElse(text);
        try {
            for (Rule rule : rules) {
                Optional<Matcher> found = rule.in(redacted).filter(Matcher::find);
                if (found.isPresent()) {
                    redacted = found.get().replaceAll(match -> "*".repeat(asterisks.applyAsInt(match.group())));
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
