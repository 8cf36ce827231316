package io.runtape.diff;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.json.LeanTree;
import io.runtape.run.RecordedRequest;
import io.runtape.run.RequestReader;
import io.runtape.run.Run;
import io.runtape.sse.Utf8;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Compares the members of requests besides their messages. Blocks; safe for any thread. */
@Singleton
final class RequestMembers {

    /** Those with prompts and messages, by the names of all agent APIs. */
    private static final Set<String> CONVERSATION = Set.of("prompt", "messages", "input", "system", "instructions");

    private static final String INPUT = "input";
    private static final String MESSAGES = "messages";

    /** A body is in memory as bytes, as text, and as a tree of a few times that. */
    private static final int FORMS = 4;

    private final RequestReader requests;

    RequestMembers(RequestReader requests) {
        this.requests = requests;
    }

    /**
     * The members that differ, in the order of the first request.
     *
     * @param sameMessages whether the messages of both requests are the same
     * @param room takes how many bytes that needs; may wait until there is room for them, or throw
     * @return null if one of the requests is deleted
     */
    @Nullable
    List<MemberDiff> differing(Run first, Run second, boolean sameMessages, LongConsumer room) throws SQLException {
        byte[] one = body(first, room);
        byte[] other = body(second, room);
        if (one.length == 0 || other.length == 0) {
            return null;
        }
        if (Arrays.equals(one, other)) {
            return List.of();
        }
        room.accept(FORMS * ((long) one.length + other.length));
        JsonNode ofFirst = members(one);
        JsonNode ofSecond = members(other);
        Set<String> names = new LinkedHashSet<>();
        ofFirst.fieldNames().forEachRemaining(names::add);
        ofSecond.fieldNames().forEachRemaining(names::add);
        List<MemberDiff> differing = new ArrayList<>();
        for (String name : names) {
            @Nullable JsonNode value = ofFirst.get(name);
            @Nullable JsonNode valueOfSecond = ofSecond.get(name);
            boolean isTold = CONVERSATION.contains(name) && (!sameMessages || value == null || valueOfSecond == null);
            String form = JsonForm.of(isTold ? untold(name, value) : value);
            if (!form.equals(JsonForm.of(isTold ? untold(name, valueOfSecond) : valueOfSecond))) {
                differing.add(new MemberDiff(name, ChangeKind.of(value, valueOfSecond, false), value, valueOfSecond));
            }
        }
        return differing;
    }

    /** What a member of a conversation has beside messages: these are compared wherever they are. Null if that is nothing. */
    private static @Nullable JsonNode untold(String name, @Nullable JsonNode value) {
        if (value == null || isList(value) || value.isTextual() && !name.equals(MESSAGES)) {
            return null;
        }
        if (!name.equals(INPUT) || !(value instanceof ObjectNode object) || !isList(object.path(MESSAGES))) {
            return value;
        }
        // LangGraph's, which has the other values of a graph's state as well.
        ObjectNode others = JsonNodeFactory.instance.objectNode().setAll(object);
        others.remove(MESSAGES);
        return others.isEmpty() ? null : others;
    }

    private static boolean isList(JsonNode value) {
        // Of very many values, it is still text.
        return value.isArray() || value.isPojo() && value.toString().startsWith("[");
    }

    /** The body; empty if it is deleted, since a recorded one is a JSON object. */
    private byte[] body(Run run, LongConsumer room) throws SQLException {
        if (run.framesExpiredAt != null) {
            return new byte[0];
        }
        return requests.read(run.runPk, room).map(RecordedRequest::body).orElse(new byte[0]);
    }

    private static JsonNode members(byte[] body) {
        JsonNode read = LeanTree.read(Utf8.decode(body, 0, body.length), Set.of(INPUT));
        return read == null ? MissingNode.getInstance() : read;
    }
}
