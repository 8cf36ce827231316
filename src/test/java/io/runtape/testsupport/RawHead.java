package io.runtape.testsupport;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The head of an HTTP/1.1 message as it came over the wire.
 *
 * @param startLine its first line
 * @param lines its header lines, in order and in their own case
 */
public record RawHead(String startLine, List<String> lines) {

    /** Reads a head; empty where the connection ended before its first byte. */
    static Optional<RawHead> read(InputStream in) throws IOException {
        String first = line(in);
        if (first == null) {
            return Optional.empty();
        }
        List<String> lines = new ArrayList<>();
        for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
            lines.add(line);
        }
        return Optional.of(new RawHead(first, List.copyOf(lines)));
    }

    /** A line without its end, one byte a character; null at the end of the stream. */
    static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int b = in.read();
        if (b < 0) {
            return null;
        }
        while (b >= 0 && b != '\n') {
            line.append((char) b);
            b = in.read();
        }
        int end = line.length() - 1;
        if (end >= 0 && line.charAt(end) == '\r') {
            line.setLength(end);
        }
        return line.toString();
    }

    /** The values of a header, whatever its case, in order. */
    public List<String> values(String name) {
        return lines.stream()
                .filter(l -> l.length() > name.length()
                        && l.charAt(name.length()) == ':'
                        && l.regionMatches(true, 0, name, 0, name.length()))
                .map(l -> l.substring(name.length() + 1).strip())
                .toList();
    }

    /** The only value of a header; fails where there is none or more than one. */
    public String value(String name) {
        List<String> values = values(name);
        if (values.size() != 1) {
            throw new AssertionError(name + " should be there once: " + this);
        }
        return values.get(0);
    }

    public boolean has(String name) {
        return !values(name).isEmpty();
    }

    byte[] bytes() {
        return (startLine + "\r\n" + String.join("\r\n", lines) + (lines.isEmpty() ? "" : "\r\n") + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}
