package io.runtape.relay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Finds the ids in {@code data} of a JSON response, piece by piece as it comes: parsing megabytes at once would hold up
 * the event loop. If the body stops being valid JSON, the ids found before that count. Confined to one event loop.
 */
final class BodyIds {

    private static final JsonFactory JSON = new JsonFactory();

    /** Within the response's object, and within its {@code data}. */
    private static final int DATA_DEPTH = 2;

    private final JsonParser parser;
    private final ByteArrayFeeder feeder;
    private int depth;
    private boolean inData;
    private boolean broken;
    private @Nullable String name;
    private @Nullable String runId;
    private @Nullable String threadId;

    BodyIds() {
        try {
            parser = JSON.createNonBlockingByteArrayParser();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
    }

    void feed(byte[] bytes) {
        if (broken) {
            return;
        }
        try {
            feeder.feedInput(bytes, 0, bytes.length);
            for (JsonToken token = parser.nextToken();
                    token != null && token != JsonToken.NOT_AVAILABLE;
                    token = parser.nextToken()) {
                take(token);
            }
        } catch (IOException noJson) {
            broken = true;
        }
    }

    private void take(JsonToken token) throws IOException {
        if (token == JsonToken.FIELD_NAME) {
            name = parser.currentName();
            return;
        }
        if (token.isStructStart()) {
            depth++;
            inData |= depth == DATA_DEPTH && token == JsonToken.START_OBJECT && "data".equals(name);
        } else if (token.isStructEnd()) {
            depth--;
            inData &= depth >= DATA_DEPTH;
        } else if (token == JsonToken.VALUE_STRING && inData && depth == DATA_DEPTH) {
            runId = "runId".equals(name) ? parser.getText() : runId;
            threadId = "threadId".equals(name) ? parser.getText() : threadId;
        }
        // An element of a list has no name.
        name = null;
    }

    /** Whether there is nothing more to find: both ids are known, or the body is no JSON from here on. */
    boolean areKnown() {
        return broken || runId != null && threadId != null;
    }

    /** The ids found so far. */
    ResponseIds found() {
        return ResponseIds.of(runId, threadId);
    }
}
