package io.runtape.path;

import java.util.ArrayList;
import java.util.Arrays;
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
public final class PathTemplate {

    /** What a template looks like, for messages. */
    public static final String FORM =
            "Each path begins with a slash; a segment is plain or has a name in braces, such as"
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
    public static Optional<PathTemplate> of(String text) {
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

    /**
     * The templates that these texts are.
     *
     * @throws IllegalArgumentException if one of them has another form
     */
    public static List<PathTemplate> all(String... texts) {
        return Arrays.stream(texts)
                .map(text -> of(text).orElseThrow(() -> new IllegalArgumentException(text + ": " + FORM)))
                .toList();
    }

    /** The templates of all paths that end with these segments. */
    public static List<PathTemplate> ending(String segments) {
        return all(segments, "/{+before}" + segments);
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
    public Optional<Map<String, String>> match(String path) {
        Matcher matcher = pattern.matcher(path);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        Map<String, String> values = new HashMap<>();
        names.forEach(name -> values.put(name, PathSegment.decoded(matcher.group(name))));
        return Optional.of(values);
    }

    /** Whether a path matches; it is normalised. */
    public boolean matches(String path) {
        return pattern.matcher(path).matches();
    }

    /** The template's text. */
    public String text() {
        return text;
    }

    /**
     * A path that matches, in the spelling of the template.
     *
     * @throws IllegalArgumentException if it does not match
     */
    public String filled(String path) {
        Matcher matcher = pattern.matcher(path);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("the path does not match");
        }
        return VARIABLE.matcher(text)
                .replaceAll(variable -> Matcher.quoteReplacement(matcher.group(variable.group(2))));
    }
}
