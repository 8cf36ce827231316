package io.runtape.sse;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The fields that decide what a block dispatches, recognised on the bytes of a line (WHATWG HTML section 9.2.6: the name
 * is what precedes the first colon, compared exactly; a line without a colon is a name with an empty value).
 */
enum FieldName {
    DATA("data"),
    EVENT("event"),
    ID("id"),
    /** A comment, {@code retry}, or a field that the standard does not know. */
    OTHER("");

    /** How many bytes of a line decide which field it is: those of {@code event} and the colon that follows. */
    static final int DECIDING_BYTES = 6;

    @SuppressWarnings("ImmutableEnumChecker") // filled once and never handed out
    private final byte[] name;

    FieldName(String name) {
        this.name = name.getBytes(StandardCharsets.US_ASCII);
    }

    /** The field of a line that is not blank. */
    static FieldName of(byte[] line, int from, int to) {
        FieldName field = switch (line[from]) {
            case 'd' -> DATA;
            case 'e' -> EVENT;
            case 'i' -> ID;
            default -> OTHER;
        };
        return field.names(line, from, to) ? field : OTHER;
    }

    private boolean names(byte[] line, int from, int to) {
        int end = from + name.length;
        return end <= to && (end == to || line[end] == ':') && Arrays.equals(line, from, end, name, 0, name.length);
    }

    /** Where the value begins in a line of this field: after the colon and one space. */
    int valueFrom(byte[] line, int from, int to) {
        int value = from + name.length + 1;
        if (value >= to) {
            return to;
        }
        return line[value] == ' ' ? value + 1 : value;
    }
}
