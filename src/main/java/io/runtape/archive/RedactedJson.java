package io.runtape.archive;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.runtape.json.LeanJson;
import java.io.IOException;
import java.io.StringWriter;

/**
 * Leaves out of JSON what the rules of redaction find in its text, and keeps it JSON of the same kind: otherwise no import would
 * take it. Safe for any thread.
 */
final class RedactedJson {

    /** What JSON may be, in the members of an archive. */
    enum Kind {
        /** An object with any members. */
        OBJECT("{}"),
        /** A list of pairs of texts. */
        PAIRS("[]"),
        /** An object whose numbers are counts, or null. */
        COUNTS("null"),
        /** Any value. */
        VALUE("null");

        /** What stands for a value of which nothing may stay. */
        private final String empty;

        Kind(String empty) {
            this.empty = empty;
        }
    }

    /** So long may a text become by its quotes; a longer one may become no longer than it was, or an import would refuse it. */
    private static final int GROWS_UP_TO = 64 << 10;

    private static final JsonFactory JSON = new JsonFactory();

    private final Redaction redaction;

    RedactedJson(Redaction redaction) {
        this.redaction = redaction;
    }

    /** The text without what the rules find; a text that is no JSON may become anything else. */
    String of(String text, Kind kind) {
        String redacted = redaction.of(text);
        if (redacted.equals(text) || !LeanJson.isOneValue(text) || isAlike(text, redacted)) {
            return redacted;
        }
        try {
            String byToken = byToken(text, kind);
            boolean fits = byToken.length() <= Math.max(text.length(), GROWS_UP_TO);
            // A rule may find what begins in one token and ends in another.
            return fits && redaction.of(byToken).equals(byToken) ? byToken : kind.empty;
        } catch (IOException e) {
            return kind.empty;
        }
    }

    /** Whether a text is JSON with the same tokens as another one, but for what its texts and names say. */
    private static boolean isAlike(String text, String redacted) {
        try (JsonParser one = LeanJson.parser(text);
                JsonParser other = LeanJson.parser(redacted)) {
            JsonToken token;
            do {
                token = one.nextToken();
                if (token != other.nextToken()) {
                    return false;
                }
                // Texts are decoded on demand only; here their errors must show.
                other.finishToken();
            } while (token != null);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private String byToken(String text, Kind kind) throws IOException {
        StringWriter written = new StringWriter();
        try (JsonParser from = LeanJson.parser(text);
                JsonGenerator to = JSON.createGenerator(written)) {
            for (JsonToken token = from.nextToken(); token != null; token = from.nextToken()) {
                if (token == JsonToken.FIELD_NAME) {
                    to.writeFieldName(redaction.of(from.currentName()));
                } else if (token == JsonToken.VALUE_STRING) {
                    to.writeString(redaction.of(from.getText()));
                } else if (token.isScalarValue()
                        && !redaction.of(from.getText()).equals(from.getText())) {
                    instead(from.getText(), kind, to);
                } else {
                    LeanJson.copyToken(from, token, to);
                }
            }
        }
        return written.toString();
    }

    /** Writes what stands for a number, or for true, false or null, in which a rule finds something. */
    private void instead(String value, Kind kind, JsonGenerator to) throws IOException {
        if (kind == Kind.COUNTS) {
            to.writeNull();
        } else {
            to.writeString(redaction.of(value));
        }
    }
}
