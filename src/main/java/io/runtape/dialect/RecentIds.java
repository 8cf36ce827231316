package io.runtape.dialect;

import java.util.List;

/**
 * Ids that an agent API chooses, in bounded memory: those used last, within the bounds of {@link RecentById}. A forgotten
 * id counts as one that was never there. Confined to one thread at a time.
 */
public final class RecentIds {

    private final RecentById<Boolean> ids = new RecentById<>();

    /** Adds the id; returns false if it is there already. */
    public boolean add(String id) {
        if (ids.get(id) != null) {
            return false;
        }
        ids.put(id, true);
        return true;
    }

    public boolean contains(String id) {
        return ids.get(id) != null;
    }

    public void remove(String id) {
        ids.remove(id);
    }

    /** All ids, the one that was not used for the longest time first. */
    public List<String> all() {
        return ids.ids();
    }
}
