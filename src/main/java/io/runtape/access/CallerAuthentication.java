package io.runtape.access;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.runtape.error.ApiException;
import io.vertx.core.http.HttpServerRequest;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Finds the owner of a call. The agent API judges credentials; here they only tell histories apart. This class does not
 * keep or log a credential, or put it into an exception. Safe for any thread; nothing in it blocks once the application
 * has started.
 */
@Singleton
public final class CallerAuthentication {
    private static final String CALLER = "caller";
    private static final int SECRET_CHARS_MIN = 16;

    private final AccessConfig config;
    private final OwnerKeyStore store;
    private final CredentialHeaders credentials;
    private final boolean anonymousReads;
    private volatile @Nullable OwnerKey key;

    @Inject
    CallerAuthentication(
            AccessConfig config, OwnerKeyStore store, CredentialHeaders credentials, GatewayCredentials agentApis) {
        this.config = config;
        this.store = store;
        this.credentials = credentials;
        this.anonymousReads = config.anonymous().orElse(agentApis.isDemo());
    }

    /**
     * Checks the settings and fetches the key of the hash, both before the first request comes in.
     *
     * @throws ConfigurationException if a setting cannot be used, which stops the start
     */
    void start(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        prepare();
    }

    void prepare() {
        if (!config.auth().strip().equalsIgnoreCase(CALLER)) {
            throw new ConfigurationException(
                    "runtape.auth (RUNTAPE_AUTH) is '" + config.auth() + "'. Allowed values: " + CALLER + ".");
        }
        key();
    }

    /**
     * The owner of a call of the agent API. A call without a credential belongs to {@link Owner#ANONYMOUS}, and the
     * agent API decides whether to accept it.
     *
     * @throws ApiException {@code invalid_request} if the call brings two credentials
     */
    public Owner ownerOf(HttpServerRequest request) {
        @Nullable Credential credential = credentials.in(request.headers());
        return credential == null ? Owner.ANONYMOUS : key().ownerOf(credential);
    }

    /**
     * The owner whose history this call may read and delete.
     *
     * @throws ApiException {@code unauthorized} if there is no credential and the anonymous history is closed
     */
    public Owner readerOf(HttpServerRequest request) {
        Owner owner = ownerOf(request);
        if (owner.equals(Owner.ANONYMOUS) && !anonymousReads) {
            throw ApiException.unauthorized(
                    "Send the credential that the runs were made with, in the header that they were made with ("
                            + credentials.listed() + ").");
        }
        return owner;
    }

    /**
     * Whether a repeat of this owner's call may get the recorded response. Not if the owner is {@link Owner#ANONYMOUS}
     * and its history is closed: the gateway cannot tell such callers apart.
     */
    public boolean mayRepeat(Owner owner) {
        return anonymousReads || !owner.equals(Owner.ANONYMOUS);
    }

    /** A key for another purpose than telling owners apart; the same at all gateways of the database. */
    byte[] derivedKey(String purpose) {
        return key().derived(purpose);
    }

    private OwnerKey key() {
        OwnerKey known = key;
        if (known == null) {
            known = new OwnerKey(store.ownerKey(config.secret().map(CallerAuthentication::secretBytes)));
            key = known;
        }
        return known;
    }

    private static byte[] secretBytes(String secret) {
        if (secret.length() < SECRET_CHARS_MIN) {
            throw new ConfigurationException("runtape.secret (RUNTAPE_SECRET) is too short: it needs at least "
                    + SECRET_CHARS_MIN + " characters.");
        }
        return secret.getBytes(StandardCharsets.UTF_8);
    }
}
