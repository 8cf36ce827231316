package io.runtape.upstream;

import io.quarkus.arc.ClientProxy;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SSLOptions;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.rest.client.inject.RestClient;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Makes the forwarded calls, over separate connections with the options of recorded calls. Safe for any event loop. */
@Singleton
public final class ForwardingClient {

    private static final Logger LOG = Logger.getLogger(ForwardingClient.class);

    private final AgentConnections connections;
    private final Optional<String> tlsName;
    private final HttpClient client;
    private @Nullable SSLOptions certificates;

    ForwardingClient(
            @RestClient AgentApi recording,
            AgentConnections connections,
            TlsConfigurationRegistry registry,
            @ConfigProperty(name = "quarkus.rest-client.upstream.tls-configuration-name") Optional<String> tlsName,
            Vertx vertx) {
        this.connections = connections;
        this.tlsName = tlsName;
        this.certificates =
                tlsName.flatMap(registry::get).map(tls -> tls.getSSLOptions()).orElse(null);
        // Creates the REST client now, which sets the options of connections.
        ClientProxy.unwrap(recording);
        this.client = vertx.createHttpClient(connections.options());
    }

    /**
     * Connects to an agent API.
     *
     * @param address where it is
     * @param options method, target and other options of the call
     * @param within how long connecting may take at most; the time-out for connections may be shorter
     * @return a request to send; fails with {@link UpstreamException}
     */
    public Future<HttpClientRequest> request(UpstreamAddress address, RequestOptions options, Duration within) {
        return client.request(options.setHost(address.host())
                        .setPort(address.port())
                        .setSsl(address.isTls())
                        .setFollowRedirects(false)
                        .setConnectTimeout(within.toMillis()))
                .onSuccess(OrderlyBreak::on)
                .recover(e -> Future.failedFuture(connections.failed(e, false, address)));
    }

    /**
     * Gives a call up: closes its connection, unless the call is over. Nothing else may break a call off, since the client
     * would also close a connection that the next call has.
     */
    public static void giveUp(HttpClientRequest call) {
        OrderlyBreak.giveUp(call);
    }

    /** Connects to an agent API without a call. */
    Future<Void> connect(UpstreamAddress address, Duration within) {
        return request(address, new RequestOptions().setURI(address.target("/")), within)
                .onSuccess(HttpClientRequest::reset)
                .mapEmpty();
    }

    /** Why a call has no response. It was sent, unless the cause says otherwise. */
    public UpstreamException failure(Throwable cause, UpstreamAddress address) {
        return cause instanceof UpstreamException known ? known : connections.failed(cause, true, address);
    }

    /** Whether a response with this status is the proxy's demand for a login, which is not for the caller. */
    public boolean isOfProxy(int status, UpstreamAddress address) {
        return connections.isOfProxy(status, address);
    }

    /** The certificate files were read again: new connections use their new content. */
    synchronized void renew(@Observes CertificateUpdatedEvent read) {
        SSLOptions now = read.tlsConfiguration().getSSLOptions();
        if (tlsName.filter(read.name()::equals).isEmpty() || now.equals(certificates)) {
            return;
        }
        certificates = now;
        client.updateSSLOptions(now)
                .onSuccess(v -> LOG.info("the certificates for the agent API were replaced"))
                .onFailure(e -> LOG.error("the new certificates for the agent API cannot be used", e));
    }
}
