package io.runtape.access;

import java.util.Optional;

/** Keeps the key that owners are derived with where every node finds the same one. */
public interface OwnerKeyStore {
    /**
     * The key, the same ever after: the secret where there is one, else at least 32 random bytes that are made at the first
     * start. May block; it is asked once, while the application starts. Refuses the start where the stored history was made
     * with another key.
     */
    byte[] ownerKey(Optional<byte[]> secret);
}
