package io.runtape.relay;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.runtape.access.CredentialHeaders;
import io.runtape.access.ListableHeaders;
import io.runtape.error.ApiException;
import io.vertx.core.MultiMap;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The request headers that an idempotency key comes in: {@code Idempotency-Key}, and those that the operator names for
 * clients that cannot send it. Unlike {@code Idempotency-Key}, these go on to the agent API, since they may be its own.
 * Safe for any thread.
 */
@Singleton
final class KeyHeaders {

    private static final String OWN = "Idempotency-Key";

    /** Visible ASCII (RFC 5234, VCHAR). */
    private static final Pattern FIT_KEY = Pattern.compile("[!-~]{1,255}");

    /** Headers whose values are secrets, or say something that many calls have in common. */
    private static final ListableHeaders LISTABLE = new ListableHeaders(
            Set.of(
                    "authorization",
                    "connection",
                    "cookie",
                    "date",
                    "expect",
                    "host",
                    "keep-alive",
                    "last-event-id",
                    "origin",
                    "proxy-authorization",
                    "te",
                    "trailer",
                    "transfer-encoding",
                    "upgrade",
                    "user-agent",
                    "x-api-key"),
            List.of("accept", "content-", "runtape-"));

    private final List<String> others;
    private final Predicate<String> isCredential;

    @Inject
    KeyHeaders(RelayConfig config, CredentialHeaders credentials) {
        this(config.idempotencyHeaders().orElse(List.of()), credentials::contains);
    }

    /**
     * @param others as an operator lists them
     * @param isCredential whether a header of a name is a credential
     */
    KeyHeaders(List<String> others, Predicate<String> isCredential) {
        this.others = others.stream().map(String::strip).toList();
        this.isCredential = isCredential;
    }

    /** @throws ConfigurationException if one cannot hold a key, which stops the start */
    void check(@Observes StartupEvent event) {
        others.forEach(this::check);
    }

    private void check(String name) {
        if (!LISTABLE.allow(name) || isCredential.test(name)) {
            throw new ConfigurationException("RUNTAPE_IDEMPOTENCY_HEADERS has '" + name
                    + "', which is no header that a key can come in. Name headers that a client sends with one value in"
                    + " all attempts of a call, such as X-Request-Id, and no credential.");
        }
    }

    /**
     * The key of a call.
     *
     * @return null if it has none
     * @throws ApiException 400 if a value is not allowed, or if other headers than {@code Idempotency-Key} have keys
     *     that differ
     */
    @Nullable
    String keyIn(MultiMap headers) {
        String own = keyIn(headers, OWN);
        if (own != null) {
            return own;
        }
        @Nullable String key = null;
        for (String name : others) {
            String next = keyIn(headers, name);
            if (next != null && key != null && !next.equals(key)) {
                throw ApiException.invalid("The call has two idempotency keys that differ. Of the headers "
                        + String.join(", ", others) + " it may carry one value, or it may send Idempotency-Key.");
            }
            key = next == null ? key : next;
        }
        return key;
    }

    private static @Nullable String keyIn(MultiMap headers, String name) {
        List<String> keys = headers.getAll(name);
        if (keys.isEmpty()) {
            return null;
        }
        if (keys.size() > 1 || !FIT_KEY.matcher(keys.get(0)).matches()) {
            throw ApiException.invalid(name + " must be one key of 1 to 255 visible ASCII characters"
                    + (name.equals(OWN) ? "." : ": this gateway takes it for the Idempotency-Key."));
        }
        return keys.get(0);
    }
}
