package io.runtape.server.response;

import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes entity tags. Safe for any thread. */
@Singleton
public final class ResponseTags {

    /** Enough of a digest that two responses never share one. */
    private static final int CHARS = 24;

    private final String version;

    /** @param version the gateway's version: the next one may show the same state in another way */
    ResponseTags(@ConfigProperty(name = "quarkus.application.version") String version) {
        this.version = version;
    }

    /**
     * The tag of a response.
     *
     * @param state differs whenever the shown content differs
     * @param form names the shown part of the state and its form, with everything else that the response depends on
     */
    public ResponseTag of(String state, String form) {
        byte[] digest = sha256().digest(String.join("\n", version, form, state).getBytes(StandardCharsets.UTF_8));
        return new ResponseTag(Base64.getUrlEncoder().encodeToString(digest).substring(0, CHARS));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
