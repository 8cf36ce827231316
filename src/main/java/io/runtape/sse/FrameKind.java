package io.runtape.sse;

import java.util.Locale;
import java.util.Optional;

/**
 * The kind of a recorded frame. The database holds the code and callers get the label, so neither may ever change its
 * meaning.
 */
public enum FrameKind {
    /** A block that a conformant parser dispatches: it has a {@code data} field. */
    EVENT(1),
    /** A block that dispatches nothing: comments, fields without {@code data}, or line ends alone. */
    COMMENT(2),
    /** A piece of a block, or of a body that is not an event stream, that goes on in the next frame. */
    PART(3),
    /** What follows the last blank line of a body. No parser dispatches it. */
    TAIL(4),
    /** The end of a body that is not an event stream: all of it, or what follows its parts. */
    RESPONSE(5),
    /**
     * A piece of a compressed body as it came over the wire. The frames of the other kinds that follow it are cut from
     * its decoded form, and are no bytes of the body.
     */
    ENCODED(6);

    private static final FrameKind[] ALL = values();

    private final short code;
    private final String label;

    FrameKind(int code) {
        this.code = (short) code;
        this.label = name().toLowerCase(Locale.ROOT);
    }

    /** The stable code that the database holds. */
    public short code() {
        return code;
    }

    /** The name in JSON and in query parameters: the lower-case name. */
    public String label() {
        return label;
    }

    /**
     * The kind of a stored code.
     *
     * @throws IllegalArgumentException when no kind has this code, which means a row that this version cannot read
     */
    public static FrameKind ofCode(int code) {
        for (FrameKind kind : ALL) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw new IllegalArgumentException("No frame kind has the code " + code);
    }

    /** The kind of a label as a caller wrote it, compared exactly; empty when there is none. */
    public static Optional<FrameKind> ofLabel(String label) {
        for (FrameKind kind : ALL) {
            if (kind.label.equals(label)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }
}
