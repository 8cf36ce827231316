package io.runtape.access;

/** Keeps the key that owners are derived with where every node finds the same one. */
public interface OwnerKeyStore {
    /**
     * The key, made at the first start: at least 32 random bytes, the same ever after. May block; it is asked once, while the
     * application starts, and only where the configuration names no secret.
     */
    byte[] ownerKey();
}
