package io.runtape.run;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A SHA-256 digest of what comes in pieces. Confined to one thread. */
public final class Sha256 {

    private final MessageDigest digest;

    public Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Takes the next byte. */
    public Sha256 add(int next) {
        digest.update((byte) next);
        return this;
    }

    /** Takes the next bytes. */
    public Sha256 add(byte[] next) {
        digest.update(next);
        return this;
    }

    /** Takes some bytes of an array. */
    public Sha256 add(byte[] next, int from, int length) {
        digest.update(next, from, length);
        return this;
    }

    /** The digest of all that was taken, as 64 hexadecimal digits. Nothing can be added after it. */
    public String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The first eight bytes of the digest, as a number. Nothing can be added after it. */
    public long first64() {
        return ByteBuffer.wrap(digest.digest()).getLong();
    }
}
