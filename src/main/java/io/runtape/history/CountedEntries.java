package io.runtape.history;

import java.util.Arrays;

/** Which entries of a listing were counted, in eight bytes each. Confined to one thread. */
final class CountedEntries {

    private static final int FIRST = 1024;

    private long[] keys = new long[FIRST];
    private int count;

    /** Whether all have been added and are in order. */
    private boolean sorted;

    void add(long key) {
        if (count == keys.length) {
            keys = Arrays.copyOf(keys, count + count / 2);
        }
        keys[count++] = key;
        sorted = false;
    }

    int count() {
        return count;
    }

    boolean has(long key) {
        if (!sorted) {
            Arrays.sort(keys, 0, count);
            sorted = true;
        }
        return Arrays.binarySearch(keys, 0, count, key) >= 0;
    }
}
