package io.runtape.idempotency;

import io.runtape.run.Sha256;
import java.nio.charset.StandardCharsets;

/**
 * What is left of the key of a deleted run until it expires, so that a repeat still gets 410: a digest instead of the key,
 * and nothing of the request. A key may name a person or an order.
 */
final class GoneKey {

    /** The request hash of such a key, which no other key has. */
    static final String REQUEST_HASH = "";

    private GoneKey() {}

    /** What stands in the place of the key: begins with a space, which no caller's key has. */
    static String of(String owner, String id) {
        Sha256 digest = new Sha256()
                .add(owner.getBytes(StandardCharsets.UTF_8))
                .add(0)
                .add(id.getBytes(StandardCharsets.UTF_8));
        return " " + digest.hex();
    }
}
