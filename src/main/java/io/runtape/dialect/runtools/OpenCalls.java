package io.runtape.dialect.runtools;

import io.runtape.dialect.PartDraft.Call;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The calls whose results are still to come, in their order and by the names of their tools. Calls that have ended go when they
 * are met, so that no look-up passes one twice. Confined to one thread.
 */
final class OpenCalls {

    private final NavigableMap<Integer, Call> inOrder = new TreeMap<>();
    private final Map<String, NavigableMap<Integer, Call>> byName = new HashMap<>();

    /** @param place where the call stands among all calls; another call that stood there is forgotten */
    void put(int place, Call call) {
        remove(place);
        inOrder.put(place, call);
        byName.computeIfAbsent(call.name(), name -> new TreeMap<>()).put(place, call);
    }

    /** Takes the name that a later event gives to a call. */
    void rename(int place, Call call, String name) {
        remove(place);
        call.rename(name);
        if (call.isOpen()) {
            put(place, call);
        }
    }

    /** The oldest open call, preferably one with this name; null if all have ended. */
    @Nullable
    Call oldest(@Nullable String name) {
        @Nullable NavigableMap<Integer, Call> named = name == null ? null : byName.get(name);
        @Nullable Call oldest = named == null ? null : firstOpen(named);
        return oldest == null ? firstOpen(inOrder) : oldest;
    }

    private void remove(int place) {
        @Nullable Call call = inOrder.remove(place);
        @Nullable NavigableMap<Integer, Call> named = call == null ? null : byName.get(call.name());
        if (named != null) {
            named.remove(place);
        }
    }

    private static @Nullable Call firstOpen(NavigableMap<Integer, Call> calls) {
        while (!calls.isEmpty()) {
            Call call = calls.firstEntry().getValue();
            if (call.isOpen()) {
                return call;
            }
            calls.pollFirstEntry();
        }
        return null;
    }
}
