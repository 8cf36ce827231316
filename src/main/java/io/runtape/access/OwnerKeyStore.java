package io.runtape.access;

import java.util.Optional;

/** Keeps the key of the owners' hash where every gateway finds the same one. */
public interface OwnerKeyStore {
    /**
     * The key, which never changes: the secret if one is set, else at least 32 random bytes of the first start. May
     * block; called once, while the application starts. Refuses the start if the stored history was made with another
     * key.
     */
    byte[] ownerKey(Optional<byte[]> secret);
}
