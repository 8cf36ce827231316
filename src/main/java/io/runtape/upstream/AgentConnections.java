package io.runtape.upstream;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ProxyFilter;
import jakarta.inject.Singleton;
import jakarta.ws.rs.ext.ContextResolver;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The options of connections to the agent API, for recorded and forwarded calls alike. The REST client gets these
 * options and adds its configuration to them: certificates, proxy, time-outs and the number of connections. Once the
 * REST client exists, other clients use the same options. Safe for any thread.
 */
@Singleton
public final class AgentConnections implements ContextResolver<HttpClientOptions> {

    /**
     * The most bytes of a response's headers; a response with more cannot be passed on. Eight times the client's own
     * bound: agents behind gateways of their own send cookies and policies of many kibibytes, and would be refused
     * after they ran.
     */
    public static final int HEADER_BYTES_MAX = 64 << 10;

    private static final Duration CONNECT_TIMEOUT_MIN = Duration.ofMillis(100);
    private static final Duration CONNECT_TIMEOUT_MAX = Duration.ofMinutes(10);

    private static final int PROXY_LOGIN = 407;

    private volatile @Nullable HttpClientOptions ofRestClient;

    /** @throws ConfigurationException if a setting cannot be used, which stops the start */
    AgentConnections(UpstreamConfig config) {
        try {
            requireUsable(config.connectTimeout());
            TlsFiles.of(
                    config.caFile().orElse(null),
                    config.clientCertificateFile().orElse(null),
                    config.clientKeyFile().orElse(null));
            config.proxy().ifPresent(ProxyAddress::of);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(e.getMessage());
        }
    }

    /** @throws IllegalArgumentException if connections may not take so long */
    static Duration requireUsable(Duration connectTimeout) {
        if (connectTimeout.compareTo(CONNECT_TIMEOUT_MIN) < 0 || connectTimeout.compareTo(CONNECT_TIMEOUT_MAX) > 0) {
            throw new IllegalArgumentException("RUNTAPE_UPSTREAM_CONNECT_TIMEOUT must be from 100 ms to 10 minutes.");
        }
        return connectTimeout;
    }

    /** Options for the REST client, which adds its own to them. */
    @Override
    public HttpClientOptions getContext(Class<?> type) {
        HttpClientOptions options = new HttpClientOptions().setMaxHeaderSize(HEADER_BYTES_MAX);
        ofRestClient = options;
        return options;
    }

    /** A copy of the REST client's options, for another client. Call it only once the REST client exists. */
    HttpClientOptions options() {
        return new HttpClientOptions(made()).setMetricsName("");
    }

    private HttpClientOptions made() {
        return Objects.requireNonNull(ofRestClient, "the REST client is not made yet");
    }

    /** The proxy that calls of this address go through, if there is one. */
    Optional<ProxyOptions> proxy(UpstreamAddress address) {
        HttpClientOptions options = made();
        List<String> direct = options.getNonProxyHosts();
        boolean isDirect = direct != null
                && !ProxyFilter.nonProxyHosts(direct)
                        .test(SocketAddress.inetSocketAddress(address.port(), address.host()));
        return isDirect ? Optional.empty() : Optional.ofNullable(options.getProxyOptions());
    }

    /** Whether a response with this status is the proxy's demand for a login, which is not for the caller. */
    boolean isOfProxy(int status, UpstreamAddress address) {
        return status == PROXY_LOGIN && !address.isTls() && proxy(address).isPresent();
    }

    /**
     * The failure of a call. With a proxy, only the proxy can refuse a connection, or have an unknown name. And a call
     * to a server that rejects the client certificate counts as not sent, since the server does not read it: with TLS
     * 1.3 a client learns of the rejection only after it has begun to send.
     */
    UpstreamException failed(Throwable cause, boolean sent, UpstreamAddress address) {
        UpstreamFailure failure = UpstreamFailure.of(cause);
        UpstreamFailure met = proxy(address).isPresent() ? failure.throughProxy() : failure;
        boolean arrived = sent && met != UpstreamFailure.OWN_CERTIFICATE;
        return new UpstreamException(arrived ? met : met.beforeTheCall(), arrived, cause);
    }
}
