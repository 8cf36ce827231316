package io.runtape.mock;

import io.runtape.error.ApiException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What goes wrong with a response on demand (docs/guides/mock-agent.md, "Faults").
 *
 * @param kind what
 * @param number the frame at which it happens, from 1; the status of {@link Kind#STATUS}
 */
record Fault(Kind kind, long number) {

    enum Kind {
        /** The connection is cut before the frame. */
        CUT,
        /** Nothing comes from the frame on, and the connection stays open. */
        STALL,
        /** This status and an error body, and nothing of the recording. */
        STATUS,
        /** A character of the frame, or of the next one that has a long one, comes in two pieces. */
        SPLIT_UTF8,
        /** The frame comes twice. */
        DUPLICATE;

        private String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private static final Pattern STATUS = Pattern.compile("status=([45][0-9]{2})");
    private static final Pattern AT_FRAME = Pattern.compile("(cut|stall|split-utf8|duplicate)@([1-9][0-9]{0,9})");

    /**
     * Reads a fault.
     *
     * @throws ApiException 400 if there is no such fault
     */
    static Fault of(String value) {
        Matcher status = STATUS.matcher(value);
        if (status.matches()) {
            return new Fault(Kind.STATUS, Long.parseLong(status.group(1)));
        }
        Matcher at = AT_FRAME.matcher(value);
        if (at.matches()) {
            for (Kind kind : Kind.values()) {
                if (kind.label().equals(at.group(1))) {
                    return new Fault(kind, Long.parseLong(at.group(2)));
                }
            }
        }
        throw ApiException.invalid(
                "Runtape-Fault must be cut@N, stall@N, split-utf8@N or duplicate@N, where N is the number"
                        + " of a frame from 1, or status=S, where S is from 400 to 599.");
    }

    /** Whether it needs a frame of the recording. */
    boolean isAtFrame() {
        return kind != Kind.STATUS;
    }
}
