package io.runtape.dialect.runtools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.runtape.dialect.Failure;
import io.runtape.dialect.Payload;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The data of a RunTools event. A field may be in the data itself, or in its {@code payload} or {@code data}, and the
 * data need not be JSON at all.
 */
final class RunToolsPayload {

    private final JsonNode root;
    private final JsonNode inner;

    private RunToolsPayload(JsonNode root) {
        this.root = root;
        this.inner = inner(root);
    }

    static RunToolsPayload of(String data) {
        return new RunToolsPayload(Payload.parsed(data));
    }

    static RunToolsPayload of(JsonNode node) {
        return new RunToolsPayload(node);
    }

    private static JsonNode inner(JsonNode root) {
        JsonNode payload = root.path("payload");
        return payload.isObject()
                ? payload
                : root.path("data").isObject() ? root.path("data") : MissingNode.getInstance();
    }

    /** The first of these fields that is present and not null; null if there is no such field. */
    @Nullable
    JsonNode field(String... names) {
        for (String name : names) {
            JsonNode value = inner.path(name);
            if (value.isMissingNode() || value.isNull()) {
                value = root.path(name);
            }
            if (!value.isMissingNode() && !value.isNull()) {
                return value;
            }
        }
        return null;
    }

    /**
     * The id of the thing that the event is about. In a wrapped event it is inside: the wrapper's {@code id} is the
     * event's own.
     */
    @Nullable
    String id(String... names) {
        JsonNode holder = inner.isMissingNode() ? root : inner;
        for (String name : names) {
            JsonNode value = holder.path(name);
            if (value.isTextual() || value.isNumber()) {
                return value.asText();
            }
        }
        return null;
    }

    /** The first of these fields as a string; numbers are written out, objects are not. */
    @Nullable
    String string(String... names) {
        JsonNode value = field(names);
        return value == null || value.isContainerNode() || value.isPojo() ? null : value.asText();
    }

    /** The field, if it is an object. */
    @Nullable
    JsonNode object(String name) {
        JsonNode value = field(name);
        return value == null || !value.isObject() ? null : value;
    }

    @Nullable
    Integer integer(String name) {
        JsonNode value = field(name);
        return value == null || !value.canConvertToInt() ? null : value.asInt();
    }

    /** The text of this payload for a person; empty if it has none. Its type is that of the event. */
    String text() {
        return text(Payload::textOfAny);
    }

    /** The same of a message, whose type may also say that this is no text of it. */
    String said() {
        return text(Payload::text);
    }

    private String text(Function<JsonNode, String> reading) {
        String nested = inner.isMissingNode() ? "" : reading.apply(inner);
        return nested.isEmpty() ? reading.apply(root) : nested;
    }

    /** The text in the first of these fields; empty if none is there. */
    String text(String... names) {
        JsonNode value = field(names);
        return value == null ? "" : Payload.text(value);
    }

    /** The addition of a delta; its {@code delta} wins over the text so far, which some events send too. */
    String delta() {
        return delta(Payload::deltaOfAny);
    }

    /** The same of a delta of a message. */
    String saidDelta() {
        return delta(Payload::delta);
    }

    private String delta(Function<JsonNode, String> reading) {
        JsonNode delta = field("delta");
        return delta == null ? text(reading) : Payload.delta(delta);
    }

    /** The whole data, if it is not a JSON object. */
    @Nullable
    JsonNode plain() {
        return root.isObject() ? null : root;
    }

    /** The error; null if there is none, which some runtimes write as {@code false} or as an empty text. */
    @Nullable
    JsonNode error() {
        JsonNode error = field("error");
        boolean none = error == null
                || error.isBoolean() && !error.booleanValue()
                || error.isTextual() && error.textValue().isBlank();
        return none ? null : error;
    }

    /** Whether the error is in the {@code payload} or {@code data} alone. */
    boolean hasWrappedError() {
        return error() != null && !root.hasNonNull("error");
    }

    /** The failure that it reports; null if it has neither {@code error} nor {@code message}. */
    @Nullable
    Failure failure() {
        JsonNode error = error();
        if (error != null && error.isObject()) {
            return failure(RunToolsPayload.of(error));
        }
        if (error != null && error.isTextual()) {
            return Failure.of(code(), error.textValue(), hasWrappedError() ? inner : root);
        }
        return failure(this);
    }

    private static @Nullable Failure failure(RunToolsPayload payload) {
        String message = payload.text();
        return message.isEmpty() && payload.field("code") == null ? null : new Failure(payload.code(), message);
    }

    private String code() {
        String code = string("code", "errorCode");
        return code == null ? Failure.NO_CODE : code;
    }
}
