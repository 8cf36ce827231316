package io.runtape.transcript;

import java.io.IOException;
import java.io.Writer;
import org.jspecify.annotations.Nullable;

/**
 * Writes text into HTML, between tags and between double quotes: characters that could be markup become references. It
 * takes text apart in no other way. Confined to one thread.
 */
final class HtmlText extends Writer {

    private final Writer to;

    HtmlText(Writer to) {
        this.to = to;
    }

    @Override
    public void write(char[] text, int from, int count) throws IOException {
        write(new String(text, from, count), 0, count);
    }

    @Override
    public void write(String text, int from, int count) throws IOException {
        int written = from;
        for (int at = from; at < from + count; at++) {
            String reference = reference(text.charAt(at));
            if (reference != null) {
                to.write(text, written, at - written);
                to.write(reference);
                written = at + 1;
            }
        }
        to.write(text, written, from + count - written);
    }

    private static @Nullable String reference(char c) {
        return switch (c) {
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '&' -> "&amp;";
            case '"' -> "&quot;";
            case '\'' -> "&#39;";
            default -> null;
        };
    }

    @Override
    public void flush() throws IOException {
        to.flush();
    }

    @Override
    public void close() throws IOException {
        to.close();
    }
}
