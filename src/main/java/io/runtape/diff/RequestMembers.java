package io.runtape.diff;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.RequestMessages;
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

    private static final String INPUT = "input";
    private static final String MESSAGES = "messages";

    /** A body is in memory as bytes, as text, and as a tree of a few times that. */
    private static final int FORMS = 4;

    private final RequestReader requests;

    RequestMembers(RequestReader requests) {
        this.requests = requests;
    }

    /**
     * What was compared.
     *
     * @param differing the members that differ, in the order of the first request; null if one of the requests is deleted
     * @param firstIsWhole whether all members of the first request were compared
     * @param secondIsWhole the same of the second
     */
    record Compared(@Nullable List<MemberDiff> differing, boolean firstIsWhole, boolean secondIsWhole) {

        /** Whether nothing differs that is not deleted. */
        boolean equal() {
            return firstIsWhole && secondIsWhole && (differing == null || differing.isEmpty());
        }
    }

    /**
     * Compares the members.
     *
     * @param sameMessages whether the messages of both requests are the same, as far as they were read
     * @param allMessages whether all of them were read
     * @param room takes how many bytes that needs; may wait until there is room for them, or throw
     */
    Compared compare(Run first, Run second, boolean sameMessages, boolean allMessages, LongConsumer room)
            throws SQLException {
        byte[] one = body(first, room);
        byte[] other = body(second, room);
        if (one.length == 0 || other.length == 0) {
            return new Compared(null, true, true);
        }
        if (Arrays.equals(one, other)) {
            return new Compared(List.of(), true, true);
        }
        room.accept(FORMS * ((long) one.length + other.length));
        LeanTree.Reading ofFirst = read(one);
        LeanTree.Reading ofSecond = read(other);
        Set<String> names = new LinkedHashSet<>();
        ofFirst.root().fieldNames().forEachRemaining(names::add);
        ofSecond.root().fieldNames().forEachRemaining(names::add);
        List<MemberDiff> differing = new ArrayList<>();
        for (String name : names) {
            @Nullable JsonNode value = ofFirst.root().get(name);
            @Nullable JsonNode valueOfSecond = ofSecond.root().get(name);
            if (value == null && ofFirst.truncated() || valueOfSecond == null && ofSecond.truncated()) {
                // The other request may have it among those that are left out.
                continue;
            }
            boolean onlyOne = value == null || valueOfSecond == null;
            boolean isTold = RequestMessages.MEMBERS.contains(name) && (!sameMessages || onlyOne && allMessages);
            String form = JsonForm.of(isTold ? untold(name, value) : value);
            if (!form.equals(JsonForm.of(isTold ? untold(name, valueOfSecond) : valueOfSecond))) {
                differing.add(new MemberDiff(name, ChangeKind.of(value, valueOfSecond, false), value, valueOfSecond));
            }
        }
        return new Compared(differing, !ofFirst.truncated(), !ofSecond.truncated());
    }

    /** What a member of a conversation has beside messages: these are compared wherever they are. Null if that is nothing. */
    private static @Nullable JsonNode untold(String name, @Nullable JsonNode value) {
        if (value == null || LeanTree.isList(value) || value.isTextual() && !name.equals(MESSAGES)) {
            return null;
        }
        if (!name.equals(INPUT) || !(value instanceof ObjectNode object) || !LeanTree.isList(object.path(MESSAGES))) {
            return value;
        }
        // LangGraph's, which has the other values of a graph's state as well.
        ObjectNode others = JsonNodeFactory.instance.objectNode().setAll(object);
        others.remove(MESSAGES);
        return others.isEmpty() ? null : others;
    }

    /** The body; empty if it is deleted, since a recorded one is a JSON object. */
    private byte[] body(Run run, LongConsumer room) throws SQLException {
        if (run.framesExpiredAt != null) {
            return new byte[0];
        }
        return requests.read(run.runPk, room).map(RecordedRequest::body).orElse(new byte[0]);
    }

    private static LeanTree.Reading read(byte[] body) {
        String text = Utf8.decode(body, 0, body.length);
        LeanTree.Reading read = LeanTree.reading(text, Set.of(INPUT));
        if (read != null && read.truncated()) {
            // As one value it leaves room for those behind it.
            read = LeanTree.reading(text, Set.of());
        }
        // One that nests too deep, or has too long a text, for a parser was recorded all the same.
        return read == null ? new LeanTree.Reading(MissingNode.getInstance(), true) : read;
    }
}
