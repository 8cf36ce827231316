package io.runtape.access;

import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.OptionalLong;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Hides the keys of rows in what callers get: the keys count the runs of all owners. The same key gives the same text, and only its
 * owner can have it read again. All gateways of a database read each other's. Safe for any thread.
 */
@Singleton
public final class CursorSeal {

    private static final String CIPHER = "AES/GCM/NoPadding";
    private static final int KEY_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int BYTES = NONCE_BYTES + Long.BYTES + TAG_BITS / Byte.SIZE;

    private final CallerAuthentication callers;

    CursorSeal(CallerAuthentication callers) {
        this.callers = callers;
    }

    /** The number as a word that only this owner can use. */
    public String sealed(Owner owner, long number) {
        byte[] plain = ByteBuffer.allocate(Long.BYTES).putLong(number).array();
        try {
            // The nonce comes from what is sealed: it repeats only for the same number of the same owner.
            byte[] hash = callers.derivedKey("cursor nonce\n" + owner.id() + "\n" + number);
            byte[] nonce = Arrays.copyOf(hash, NONCE_BYTES);
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, owner, nonce).doFinal(plain);
            byte[] both = ByteBuffer.allocate(BYTES).put(nonce).put(sealed).array();
            return Base64.getUrlEncoder().withoutPadding().encodeToString(both);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("This JVM lacks " + CIPHER, impossible);
        }
    }

    /** The number in a word that {@link #sealed} made for this owner; empty for any other word. */
    public OptionalLong opened(Owner owner, String word) {
        try {
            byte[] both = Base64.getUrlDecoder().decode(word);
            if (both.length != BYTES) {
                return OptionalLong.empty();
            }
            byte[] nonce = Arrays.copyOf(both, NONCE_BYTES);
            byte[] plain = cipher(Cipher.DECRYPT_MODE, owner, nonce).doFinal(both, NONCE_BYTES, BYTES - NONCE_BYTES);
            return OptionalLong.of(ByteBuffer.wrap(plain).getLong());
        } catch (IllegalArgumentException | AEADBadTagException notOurs) {
            return OptionalLong.empty();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("This JVM lacks " + CIPHER, impossible);
        }
    }

    private Cipher cipher(int mode, Owner owner, byte[] nonce) throws GeneralSecurityException {
        byte[] key = Arrays.copyOf(callers.derivedKey("cursor"), KEY_BYTES);
        Cipher cipher = Cipher.getInstance(CIPHER);
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(owner.id().getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
