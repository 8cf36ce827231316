package io.runtape.ticket;

import io.quarkus.runtime.util.HashUtil;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * What a reader that cannot send a header puts into its URL instead (docs/reference/http-api.md, "Tail and resume").
 * The gateway shows it once, to the caller that asked for it, and keeps its hash. Like a credential it has no string
 * form, so that it cannot end up in a log.
 */
public final class Ticket {

    /** Lets those who search for leaked secrets find one. */
    private static final String PREFIX = "tkt_";

    /** Nobody guesses 256 random bits, so its hash needs neither key nor salt. */
    private static final int RANDOM_BYTES = 32;

    private final String secret;

    private Ticket(String secret) {
        this.secret = secret;
    }

    /** A new one. */
    public static Ticket random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        // One for each ticket: a static one would be built into the native image, seed and all.
        new SecureRandom().nextBytes(bytes);
        return new Ticket(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** The one that a reader brings, whatever it is. */
    public static Ticket brought(String secret) {
        return new Ticket(secret);
    }

    /** The ticket itself: for the response to the caller that asked for it, and for nothing else. */
    public String secret() {
        return secret;
    }

    /** What is kept of it: SHA-256, as 64 hexadecimal digits. */
    public String hash() {
        return HashUtil.sha256(secret);
    }

    @Override
    public String toString() {
        return "Ticket[hidden]";
    }
}
