package io.runtape.access;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.runtape.error.ApiException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The request headers that are credentials: they say who owns a call, and are never stored, logged or returned. Safe
 * for any thread.
 */
@Singleton
public final class CredentialHeaders {

    /**
     * Headers that the gateway does not send on, so that no agent API can judge them, or that describe the message or
     * the call and not the caller.
     */
    private static final ListableHeaders LISTABLE = new ListableHeaders(
            Set.of(
                    "connection",
                    "date",
                    "expect",
                    "host",
                    "idempotency-key",
                    "keep-alive",
                    "last-event-id",
                    "origin",
                    "proxy-authenticate",
                    "proxy-authorization",
                    "proxy-connection",
                    "te",
                    "trailer",
                    "transfer-encoding",
                    "upgrade",
                    "user-agent",
                    "x-request-id"),
            List.of("accept", "content-", "runtape-", "sec-websocket-"));

    private final List<String> names;
    private final Set<String> known;

    @Inject
    CredentialHeaders(AccessConfig config, GatewayCredentials agentApis) {
        this(Stream.concat(config.credentialHeaders().stream(), agentApis.headers().stream())
                .toList());
    }

    /** @param names as an operator lists them */
    CredentialHeaders(List<String> names) {
        this.known = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        this.names = names.stream().map(String::strip).filter(known::add).toList();
    }

    /** @throws ConfigurationException if one cannot be a credential, which stops the start */
    void start(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        names.forEach(CredentialHeaders::check);
    }

    private static void check(String name) {
        if (!LISTABLE.allow(name)) {
            throw new ConfigurationException("runtape.credential-headers (RUNTAPE_CREDENTIAL_HEADERS) has '" + name
                    + "', which is no header that a credential can come in. Name headers such as X-API-Key,"
                    + " Authorization, api-key or Cookie.");
        }
    }

    /** Whether a header of this name, whatever its case, is a credential. */
    public boolean contains(String name) {
        return known.contains(name);
    }

    /** Their names, for a message. */
    String listed() {
        return String.join(", ", names);
    }

    /**
     * The only credential of a call, in any of the headers and any number of times.
     *
     * @return null if it has none
     * @throws ApiException {@code invalid_request} if it has two: a caller could change the one that the agent API
     *     ignores, and be another owner with each call
     */
    @Nullable
    Credential in(MultiMap headers) {
        @Nullable Credential only = null;
        for (String name : names) {
            for (String value : values(headers, name)) {
                @Nullable Credential next = Credential.of(name, value);
                if (next != null && only != null && !next.isSameAs(only)) {
                    throw ApiException.invalid("The call brings two credentials that differ. Of the headers " + listed()
                            + " it may carry one value.");
                }
                only = next == null ? only : next;
            }
        }
        return only;
    }

    /** HTTP/2 may cut a Cookie into pieces (RFC 9113, section 8.2.3). */
    private static List<String> values(MultiMap headers, String name) {
        List<String> values = headers.getAll(name);
        return values.size() > 1 && HttpHeaders.COOKIE.toString().equalsIgnoreCase(name)
                ? List.of(String.join("; ", values))
                : values;
    }

    /**
     * The secrets in a credential header, in the form in which they may appear elsewhere: without an authentication
     * scheme or a cookie's name.
     */
    public List<String> secrets(String name, String value) {
        if (!HttpHeaders.COOKIE.toString().equalsIgnoreCase(name)) {
            return List.of(value.replaceFirst("^\\S+\\s+", "").strip());
        }
        Set<String> secrets = new LinkedHashSet<>();
        for (String cookie : value.split(";", -1)) {
            secrets.add(cookie.substring(cookie.indexOf('=') + 1).strip());
        }
        return new ArrayList<>(secrets);
    }
}
