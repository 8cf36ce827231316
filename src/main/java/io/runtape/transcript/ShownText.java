package io.runtape.transcript;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.Locale;

/**
 * Recorded text as documents show it: every character is visible and changes nothing outside of its place. Line ends
 * become line feeds. A terminal's colours go. Other control characters appear as their pictures, and characters that
 * would turn the direction of the text around as their numbers: with those a text can look like another one.
 */
final class ShownText {

    /** Longer names and addresses are cut: they stand in one line. */
    private static final int LINE_CHARS_MAX = 200;

    private static final char ESCAPE = '\u001b';
    private static final char DELETE = '\u007f';

    private static final char LINE_SEPARATOR = '\u2028';
    private static final char PARAGRAPH_SEPARATOR = '\u2029';

    /** The pictures of the control characters begin here. */
    private static final char PICTURES = '\u2400';

    private static final String PICTURE_OF_DELETE = "\u2421";
    private static final String NO_CHARACTER = "\uFFFD";

    private ShownText() {}

    /** Writes a text of any number of lines. */
    static void write(String text, Writer to) throws IOException {
        int written = 0;
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (isPlain(c)) {
                at++;
            } else if (Character.isSurrogatePair(c, at + 1 < text.length() ? text.charAt(at + 1) : ' ')) {
                at += 2;
            } else {
                to.write(text, written, at - written);
                int end = end(text, at);
                to.write(shown(text, at, end));
                at = end;
                written = end;
            }
        }
        to.write(text, written, at - written);
    }

    /** The text as {@link #write} writes it. */
    static String of(String text) {
        StringWriter shown = new StringWriter(text.length());
        try {
            write(text, shown);
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes every character", e);
        }
        return shown.toString();
    }

    /** A name or an address in one line. */
    static String line(String text) {
        String some = text.length() > LINE_CHARS_MAX ? text.substring(0, LINE_CHARS_MAX) + "…" : text;
        return of(some).replace('\n', ' ')
                .replace('\t', ' ')
                .replace(LINE_SEPARATOR, ' ')
                .replace(PARAGRAPH_SEPARATOR, ' ');
    }

    private static boolean isPlain(char c) {
        if (c < DELETE) {
            return c >= ' ' || c == '\n' || c == '\t';
        }
        return c >= '\u00a0' && !turns(c) && !Character.isSurrogate(c);
    }

    /** Whether it is one of the embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX 9). */
    private static boolean turns(char c) {
        return c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069';
    }

    /** Behind what is shown differently. */
    private static int end(String text, int at) {
        return switch (text.charAt(at)) {
            case '\r' -> at + 1 < text.length() && text.charAt(at + 1) == '\n' ? at + 2 : at + 1;
            case ESCAPE -> endOfColour(text, at);
            default -> at + 1;
        };
    }

    /** Behind a "select graphic rendition" of ECMA-48; behind the escape character if none begins with it. */
    private static int endOfColour(String text, int at) {
        int end = at + 1;
        if (end < text.length() && text.charAt(end) == '[') {
            end++;
            while (end < text.length()
                    && (Character.digit(text.charAt(end), 10) >= 0 || ";:".indexOf(text.charAt(end)) >= 0)) {
                end++;
            }
            if (end < text.length() && text.charAt(end) == 'm') {
                return end + 1;
            }
        }
        return at + 1;
    }

    private static String shown(String text, int at, int end) {
        char c = text.charAt(at);
        if (c == '\r') {
            return "\n";
        }
        if (c == ESCAPE && end - at > 1) {
            return "";
        }
        if (c < ' ') {
            return Character.toString(PICTURES + c);
        }
        if (c == DELETE) {
            return PICTURE_OF_DELETE;
        }
        return Character.isSurrogate(c)
                ? NO_CHARACTER
                : "[U+" + Integer.toHexString(0x10000 + c).substring(1).toUpperCase(Locale.ROOT) + "]";
    }
}
