package io.runtape.ticket;

import io.quarkus.runtime.util.HashUtil;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * A secret that a reader puts into its URL if it cannot send a header (docs/reference/http-api.md, "Tail and resume").
 * The gateway shows it once, to the caller that asked for it, and stores only its hash. Like a credential it has no
 * string form, so that it cannot end up in a log.
 */
public final class Ticket {

    /** Lets scanners for leaked secrets recognise a ticket. */
    private static final String PREFIX = "tkt_";

    /** Nobody guesses 256 random bits, so the hash needs neither key nor salt. */
    private static final int RANDOM_BYTES = 32;

    private final String secret;

    private Ticket(String secret) {
        this.secret = secret;
    }

    /** Makes a new ticket. */
    public static Ticket random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        // One for each ticket: a static one would be built into the native image, including its seed.
        new SecureRandom().nextBytes(bytes);
        return new Ticket(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** The ticket that a reader sends, valid or not. */
    public static Ticket brought(String secret) {
        return new Ticket(secret);
    }

    /** The ticket itself: only for the response to the caller that asked for it. */
    public String secret() {
        return secret;
    }

    /** The stored form of the ticket: SHA-256, as 64 hexadecimal digits. */
    public String hash() {
        return HashUtil.sha256(secret);
    }

    @Override
    public String toString() {
        return "Ticket[hidden]";
    }
}
