package io.runtape.access;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Derives an owner from a credential by a keyed hash, so that nobody can test credentials with the table of owners
 * alone.
 */
final class OwnerKey {
    private static final String ALGORITHM = "HmacSHA256";

    // Half of the hash: 128 bits make a collision of two credentials practically impossible, and ids stay readable.
    private static final int ID_BYTES = 16;

    private final SecretKeySpec key;

    OwnerKey(byte[] key) {
        this.key = new SecretKeySpec(key, ALGORITHM);
    }

    Owner ownerOf(Credential credential) {
        byte[] hash = hash(credential.bytes());
        return new Owner("c-" + HexFormat.of().formatHex(Arrays.copyOf(hash, ID_BYTES)));
    }

    /** 32 bytes that only this key gives for this purpose. No credential has a line end. */
    byte[] derived(String purpose) {
        return hash(("\n" + purpose).getBytes(StandardCharsets.UTF_8));
    }

    private byte[] hash(byte[] bytes) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(bytes);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("This JVM lacks " + ALGORITHM, impossible);
        }
    }
}
