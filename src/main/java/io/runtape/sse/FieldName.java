package io.runtape.sse;

/**
 * The fields that decide what a block dispatches, recognised on the bytes of a line (WHATWG HTML section 9.2.6: the name
 * is what precedes the first colon, compared exactly; a line without a colon is a name with an empty value).
 */
enum FieldName {
    DATA(4),
    EVENT(5),
    ID(2),
    /** A comment, {@code retry}, or a field that the standard does not know. */
    OTHER(0);

    /** How many bytes of a line decide which field it is: those of {@code event} and the colon that follows. */
    static final int DECIDING_BYTES = 6;

    private final int bytes;

    FieldName(int bytes) {
        this.bytes = bytes;
    }

    /** The field of a line that is not blank. */
    static FieldName of(byte[] line, int from, int to) {
        switch (line[from]) {
            case 'd':
                return endsAfter(DATA, line, from, to)
                                && line[from + 1] == 'a'
                                && line[from + 2] == 't'
                                && line[from + 3] == 'a'
                        ? DATA
                        : OTHER;
            case 'e':
                return endsAfter(EVENT, line, from, to)
                                && line[from + 1] == 'v'
                                && line[from + 2] == 'e'
                                && line[from + 3] == 'n'
                                && line[from + 4] == 't'
                        ? EVENT
                        : OTHER;
            case 'i':
                return endsAfter(ID, line, from, to) && line[from + 1] == 'd' ? ID : OTHER;
            default:
                return OTHER;
        }
    }

    private static boolean endsAfter(FieldName name, byte[] line, int from, int to) {
        int length = to - from;
        return length == name.bytes || (length > name.bytes && line[from + name.bytes] == ':');
    }

    /** Where the value begins in a line of this field: after the colon and one space. */
    int valueFrom(byte[] line, int from, int to) {
        int value = from + bytes + 1;
        if (value >= to) {
            return to;
        }
        return line[value] == ' ' ? value + 1 : value;
    }
}
