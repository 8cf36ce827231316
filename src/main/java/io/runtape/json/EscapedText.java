package io.runtape.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.io.Writer;
import java.nio.CharBuffer;

/** Writes text as the inside of a JSON string, between the quotes. Confined to one thread. */
final class EscapedText extends Writer {

    private final JsonGenerator to;

    EscapedText(JsonGenerator to) {
        this.to = to;
    }

    @Override
    public void write(char[] chars, int from, int length) throws IOException {
        char[] escaped = JsonStringEncoder.getInstance().quoteAsString(CharBuffer.wrap(chars, from, length));
        to.writeRaw(escaped, 0, escaped.length);
    }

    @Override
    public void flush() {
        // Nothing waits.
    }

    @Override
    public void close() {
        // The generator goes on.
    }
}
