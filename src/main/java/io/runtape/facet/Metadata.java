package io.runtape.facet;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.runtape.json.LeanJson;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The strings, numbers and booleans of a run's metadata, each with its path. */
public final class Metadata {

    /** Runs are found by this many entries of their metadata. */
    static final int ENTRIES_MAX = 100;

    /** A nesting that nobody means; the text may have 900 levels. */
    private static final int DEPTH_MAX = 20;

    // Lead a value.
    private static final String STRING = "string ";
    private static final String BOOLEAN = "boolean ";
    private static final String NUMBER = "number ";

    private static final Pattern IS_NUMBER = Pattern.compile("[+-]?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?");

    /** RFC 8259, section 6. Of more digits than {@link #IS_NUMBER} takes, it is found by its own text. */
    private static final Pattern IS_JSON_NUMBER =
            Pattern.compile("-?(?:0|[1-9][0-9]*+)(?:\\.[0-9]++)?(?:[eE][+-]?[0-9]++)?");

    private static final int DIGITS_MAX = 40;

    private Metadata() {}

    /**
     * A value and where it is.
     *
     * @param path the names of the members that lead there, joined by dots; an item of a list has the list's path
     * @param value its kind and its text; of equal numbers it is the same
     */
    public record Entry(String path, String value) {}

    /** What a caller may mean by this text at that path: a string, and, if it is one, a number or a boolean. */
    public static Set<Entry> asked(String path, String text) {
        Set<Entry> meant = new LinkedHashSet<>();
        meant.add(new Entry(path, STRING + text));
        if (text.equals("true") || text.equals("false")) {
            meant.add(new Entry(path, BOOLEAN + text));
        }
        number(text)
                .or(() -> Optional.of(text).filter(IS_JSON_NUMBER.asMatchPredicate()))
                .ifPresent(number -> meant.add(new Entry(path, NUMBER + number)));
        return meant;
    }

    /** The entries of a JSON object, the first {@link #ENTRIES_MAX} of them. */
    static Set<Entry> entries(String json) {
        Set<Entry> entries = new LinkedHashSet<>();
        try (JsonParser parser = LeanJson.parser(json)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                add(parser, "", 0, entries);
            }
        } catch (IOException noJson) {
            // Up to there it is found: a row that cannot be read must not keep the run from all else that it is found
            // by.
            return entries;
        }
        return entries;
    }

    /** Reads the value at the parser token by token: no type of numbers has all digits of each. */
    private static void add(JsonParser at, String path, int depth, Set<Entry> to) throws IOException {
        if (depth > DEPTH_MAX || to.size() >= ENTRIES_MAX) {
            at.skipChildren();
            return;
        }
        switch (at.currentToken()) {
            case START_OBJECT -> {
                while (at.nextToken() == JsonToken.FIELD_NAME) {
                    String name = at.currentName();
                    at.nextToken();
                    add(at, path.isEmpty() ? name : path + "." + name, depth + 1, to);
                }
            }
            case START_ARRAY -> {
                while (at.nextToken() != JsonToken.END_ARRAY) {
                    add(at, path, depth + 1, to);
                }
            }
            case VALUE_STRING -> to.add(new Entry(path, STRING + at.getText()));
            case VALUE_TRUE, VALUE_FALSE -> to.add(new Entry(path, BOOLEAN + at.getText()));
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                to.add(new Entry(path, NUMBER + number(at.getText()).orElse(at.getText())));
            default -> {
                // Nothing that a caller can ask for.
            }
        }
    }

    /** The text that all equal numbers share; empty if the text is no number, or one of more digits than anybody counts. */
    private static Optional<String> number(String text) {
        if (!IS_NUMBER.matcher(text).matches()) {
            return Optional.empty();
        }
        BigDecimal number = new BigDecimal(text);
        if (number.signum() == 0) {
            return Optional.of("0");
        }
        BigDecimal shortest = number.stripTrailingZeros();
        boolean isShort = shortest.precision() <= DIGITS_MAX && Math.abs(shortest.scale()) <= DIGITS_MAX;
        return Optional.of(isShort ? shortest.toPlainString() : shortest.toString());
    }
}
