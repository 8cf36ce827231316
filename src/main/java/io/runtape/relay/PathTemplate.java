package io.runtape.relay;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A path with names in braces, in every spelling that may reach the same place at an agent API: many servers ignore
 * letter case and a slash at the end, so they do not matter here. {@code {name}} stands for a segment or a part of one,
 * and {@code {+name}} for one or more segments (RFC 6570, section 3.2.3). Safe for any thread.
 */
final class PathTemplate {

    /** What a template looks like, for messages. */
    static final String FORM = "Each path begins with a slash; a segment is plain or has a name in braces, such as"
            + " /v1/agents/{agent}/run or /v1beta/models/{model}:streamGenerateContent, each name once; {+name} stands for"
            + " one or more segments.";

    private static final Pattern FIT =
            Pattern.compile("/|(/(\\{\\+[a-z][A-Za-z0-9]*}|([A-Za-z0-9._~:-]|(?<!})\\{[a-z][A-Za-z0-9]*})+))+");
    private static final Pattern DOT_SEGMENT = Pattern.compile("/\\.{1,2}(/|$)");
    private static final Pattern VARIABLE = Pattern.compile("\\{(\\+?)([a-z][A-Za-z0-9]*)}");

    private final String text;
    private final Pattern pattern;
    private final List<String> names;

    private PathTemplate(String text, Pattern pattern, List<String> names) {
        this.text = text;
        this.pattern = pattern;
        this.names = names;
    }

    /** The template that this text is; empty if it has another form. */
    static Optional<PathTemplate> of(String text) {
        if (!FIT.matcher(text).matches() || DOT_SEGMENT.matcher(text).find()) {
            return Optional.empty();
        }
        StringBuilder pattern = new StringBuilder();
        List<String> names = new ArrayList<>();
        Matcher variable = VARIABLE.matcher(text);
        int plainFrom = 0;
        while (variable.find()) {
            pattern.append(plain(text.substring(plainFrom, variable.start())));
            boolean several = !variable.group(1).isEmpty();
            pattern.append("(?<")
                    .append(variable.group(2))
                    .append('>')
                    .append(several ? ".+?" : "[^/]+?")
                    .append(')');
            names.add(variable.group(2));
            plainFrom = variable.end();
        }
        pattern.append(plain(text.substring(plainFrom)));
        if (new HashSet<>(names).size() < names.size()) {
            return Optional.empty();
        }
        String slash = text.equals("/") ? "" : "/?";
        return Optional.of(new PathTemplate(text, Pattern.compile(pattern + slash, Pattern.CASE_INSENSITIVE), names));
    }

    /** A colon may come encoded, and stays so in a normalised path. */
    private static String plain(String text) {
        return text.isEmpty() ? "" : Pattern.quote(text).replace(":", "\\E(?::|%3A)\\Q");
    }

    /**
     * What a path says, decoded, by the names in braces; empty if the path does not match.
     *
     * @param path normalised
     */
    Optional<Map<String, String>> match(String path) {
        Matcher matcher = pattern.matcher(path);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        Map<String, String> values = new HashMap<>();
        names.forEach(name -> values.put(name, decoded(matcher.group(name))));
        return Optional.of(values);
    }

    /** A path that matches, in the spelling of the template. */
    String filled(String path) {
        Matcher matcher = pattern.matcher(path);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("the path does not match");
        }
        return VARIABLE.matcher(text)
                .replaceAll(variable -> Matcher.quoteReplacement(matcher.group(variable.group(2))));
    }

    private static String decoded(String segment) {
        // A plus sign in a path is itself.
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
