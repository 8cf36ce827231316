package io.runtape.dialect;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Values by ids that an agent API chooses, in bounded memory: a stream may go on for hours, and may have a new id in each
 * event. At most 1024 entries, and at most 64 Ki characters in all; past that the entries that were not used for the
 * longest time are forgotten. Confined to one thread at a time.
 *
 * @param <V> the values; a text counts as so many characters, any other value as none
 */
public final class RecentById<V> {

    static final int ENTRIES_MAX = 1024;
    static final int CHARS_MAX = 64 << 10;

    private final Map<String, V> entries = new LinkedHashMap<>(16, 0.75f, true);
    private final Consumer<V> forgotten;
    private int chars;

    public RecentById() {
        this(value -> {});
    }

    /** @param forgotten takes each value that is forgotten for want of room */
    public RecentById(Consumer<V> forgotten) {
        this.forgotten = forgotten;
    }

    /** The value of this id; null if it has none, or none any more. */
    public @Nullable V get(String id) {
        return entries.get(Ids.kept(id));
    }

    /** Gives the id this value, instead of an earlier one. */
    public void put(String id, V value) {
        String key = Ids.kept(id);
        V before = entries.put(key, value);
        chars += weight(value) + (before == null ? key.length() : -weight(before));
        makeRoom();
    }

    /** The value of this id; a new one if it has none. */
    public V computeIfAbsent(String id, Function<String, V> fresh) {
        V known = get(id);
        if (known != null) {
            return known;
        }
        V value = fresh.apply(id);
        put(id, value);
        return value;
    }

    /** All values, the one that was not used for the longest time first. */
    public List<V> values() {
        return List.copyOf(entries.values());
    }

    /** All ids, the one that was not used for the longest time first. */
    public List<String> ids() {
        return List.copyOf(entries.keySet());
    }

    /** Takes all ids with their values, the one that was not used for the longest time first. */
    public void forEach(BiConsumer<String, V> taking) {
        entries.forEach(taking);
    }

    public void remove(String id) {
        String key = Ids.kept(id);
        V value = entries.remove(key);
        chars -= value == null ? 0 : key.length() + weight(value);
    }

    public void clear() {
        entries.clear();
        chars = 0;
    }

    private void makeRoom() {
        Iterator<Map.Entry<String, V>> eldest = entries.entrySet().iterator();
        while (entries.size() > 1 && (entries.size() > ENTRIES_MAX || chars > CHARS_MAX)) {
            Map.Entry<String, V> entry = eldest.next();
            chars -= entry.getKey().length() + weight(entry.getValue());
            eldest.remove();
            forgotten.accept(entry.getValue());
        }
    }

    private static int weight(Object value) {
        return value instanceof String text ? text.length() : 0;
    }
}
