package io.runtape.dialect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an {@link EventFold} remembers of earlier events, under names: another fold of the same dialect that finds the
 * same things here goes on as this one would. Only what decides about the parts of a transcript is here. Confined to
 * one thread at a time.
 */
public final class FoldMemory {

    private final Map<String, RecentById<String>> maps = new TreeMap<>();
    private final Map<String, RecentIds> sets = new TreeMap<>();
    private final Map<String, String> texts = new TreeMap<>();
    private final Map<String, Integer> numbers = new TreeMap<>();

    /** The values by ids of that name, for the fold to change. */
    public RecentById<String> map(String name) {
        return maps.computeIfAbsent(name, key -> new RecentById<>());
    }

    /** The ids of that name, for the fold to change. */
    public RecentIds set(String name) {
        return sets.computeIfAbsent(name, key -> new RecentIds());
    }

    /** The text of that name; empty until it is set. */
    public String text(String name) {
        return texts.getOrDefault(name, "");
    }

    /** Sets the text of that name. */
    public void text(String name, String value) {
        texts.put(name, value);
    }

    /** The number of that name; 0 until it is counted up. */
    public int number(String name) {
        return numbers.getOrDefault(name, 0);
    }

    /** Adds to the number of that name, and returns the sum. */
    public int count(String name, int more) {
        return numbers.merge(name, more, Integer::sum);
    }

    /** An object with all of it that is not empty. */
    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        maps.forEach((name, map) -> {
            if (!map.ids().isEmpty()) {
                map.forEach(json.withObjectProperty(name)::put);
            }
        });
        sets.forEach((name, set) -> {
            if (!set.all().isEmpty()) {
                ArrayNode values = json.putArray(name);
                set.all().forEach(values::add);
            }
        });
        texts.forEach(json::put);
        numbers.forEach(json::put);
        return json;
    }
}
