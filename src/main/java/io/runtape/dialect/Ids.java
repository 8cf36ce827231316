package io.runtape.dialect;

import io.quarkus.runtime.util.HashUtil;

/** Ids as a live run keeps them: an agent API may use any text as an id, and of any length. */
public final class Ids {

    /** Some proxies put a model's signature into the id of a call: thousands of characters. */
    private static final int KEPT_CHARS_MAX = 4096;

    /** As long as the hash of a longer one. */
    private static final int KEY_CHARS_MAX = 64;

    private Ids() {}

    /** The id as it may be kept and shown: a hash of it, if it is longer than 4096 characters. */
    public static String kept(String id) {
        return id.length() <= KEPT_CHARS_MAX ? id : HashUtil.sha256(id);
    }

    /** An id for what has none: a hash of what tells it apart. */
    public static String madeOf(String traits) {
        return HashUtil.sha256(traits);
    }

    /** The id as it may be compared but never shown: a hash of it, if it is longer than 64 characters. */
    static String key(String id) {
        return id.length() <= KEY_CHARS_MAX ? id : HashUtil.sha256(id);
    }
}
