package io.runtape.run;

import io.quarkus.runtime.util.HashUtil;

/** The agent API's id of a run as its column keeps it. An agent API may use ids of any length. */
public final class UpstreamRunId {

    private static final int KEPT_CHARS_MAX = 200;

    /** In hexadecimal digits. */
    private static final int HASH_CHARS = 64;

    private UpstreamRunId() {}

    /**
     * The kept form: the id itself if it has no more than 200 characters, else its beginning and a hash of all of it. Ids
     * that some proxies make differ only after hundreds of characters, and a run must not be found by the id of another.
     */
    public static String kept(String id) {
        if (id.length() <= KEPT_CHARS_MAX) {
            return id;
        }
        int begun = KEPT_CHARS_MAX - HASH_CHARS - 1;
        return id.substring(0, begun) + '~' + HashUtil.sha256(id);
    }
}
