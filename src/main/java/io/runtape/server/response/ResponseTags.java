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

    /** So much of a digest that no two responses ever met in the same one. */
    private static final int CHARS = 24;

    private final String version;

    /** @param version of the gateway, of which the next one may show the same in another way */
    ResponseTags(@ConfigProperty(name = "quarkus.application.version") String version) {
        this.version = version;
    }

    /**
     * The tag of a response.
     *
     * @param state what differs wherever what is shown does
     * @param form names what is shown of it and how, with all that the response depends on besides
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
