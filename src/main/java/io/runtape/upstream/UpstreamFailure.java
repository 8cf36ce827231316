package io.runtape.upstream;

import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.proxy.ProxyConnectException;
import io.smallrye.mutiny.TimeoutException;
import io.vertx.core.VertxException;
import io.vertx.core.http.HttpClosedException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Why the agent API gave no response, in words that an operator can act on. They name only the kind of the cause, since
 * an exception's message may contain text from outside.
 */
public enum UpstreamFailure {
    /** DNS has no such name. */
    NAME_NOT_FOUND("its host name is not known"),
    /** Nothing listens at the port. */
    REFUSED("the connection is refused"),
    /** The network has no route to the host. */
    NO_ROUTE("there is no route to its host"),
    /** The host does not answer. */
    CONNECT_TIMEOUT("the connection was not accepted in time"),
    /** Its certificate is from an untrusted authority, for another host, or expired. */
    CERTIFICATE("TLS failed, because its certificate is not trusted"),
    /** It demands a client certificate, or another one. */
    OWN_CERTIFICATE("TLS failed, because it does not accept the gateway's client certificate, or misses one"),
    /** TLS failed for another reason, for example because the server does not speak it. */
    TLS("TLS failed"),
    /** The proxy cannot be reached. */
    PROXY_AWAY("the proxy cannot be reached"),
    /** The proxy demands a login, or another one. */
    PROXY_LOGIN("the proxy does not accept the login"),
    /** The proxy reports that it does not connect. */
    PROXY_REFUSED("the proxy did not connect to it"),
    /** Another failure before anything was sent. */
    NO_CONNECTION("no connection could be made"),
    /** The connection closed before the head of a response. */
    CLOSED("it closed the connection without a response"),
    /** No head came in time. */
    TIMEOUT("it did not answer in time"),
    /** What came is not HTTP. */
    INVALID("what it answered is not HTTP"),
    /** The gateway's own fault: it says nothing about the agent API, which may have answered well. */
    FAULT("the gateway failed at the call");

    private static final String CLOSED_MESSAGE =
            String.valueOf(new HttpClosedException("Connection was closed").getMessage());

    /** How the message of a TLS failure begins if the REST client kept only the message. */
    private static final String TLS_MESSAGE = SSLException.class.getPackageName() + ".";

    /** The alerts by which a server rejects, or misses, a client certificate. */
    private static final Pattern ALERT_OF_CERTIFICATE = Pattern.compile("Received fatal alert: "
            + "(certificate_required|bad_certificate|unsupported_certificate|certificate_revoked|certificate_expired"
            + "|certificate_unknown|unknown_ca|access_denied)");

    private final String words;

    UpstreamFailure(String words) {
        this.words = words;
    }

    /** The failure, as the rest of a sentence about the agent API. */
    public String words() {
        return words;
    }

    /** How the log tells the cause: nobody has to look for what an agent API does wrong in the gateway's code. */
    public Logger.Level levelOfCause() {
        return this == FAULT ? Logger.Level.ERROR : Logger.Level.DEBUG;
    }

    /** The same for a connection over which nothing was sent: no response can be late, or wrong. */
    UpstreamFailure beforeTheCall() {
        return switch (this) {
            case TIMEOUT -> CONNECT_TIMEOUT;
            case CLOSED, INVALID -> NO_CONNECTION;
            default -> this;
        };
    }

    /** The same if all connections go to a proxy. */
    UpstreamFailure throughProxy() {
        return switch (this) {
            case NAME_NOT_FOUND, REFUSED, NO_ROUTE -> PROXY_AWAY;
            default -> this;
        };
    }

    /** The kind of a client's failure; a cause counts before its consequence. */
    public static UpstreamFailure of(Throwable failure) {
        @Nullable UpstreamFailure found = null;
        Throwable first = failure;
        for (Throwable e = failure; e != null; e = e.getCause()) {
            first = e;
            @Nullable UpstreamFailure next = ofOne(e);
            // Only a more precise cause counts: a certificate within TLS, but not a socket's failure behind either.
            if (found == null || found == TLS && (next == CERTIFICATE || next == OWN_CERTIFICATE)) {
                found = next == null ? found : next;
            }
        }
        return found != null ? found : isFault(first) ? FAULT : INVALID;
    }

    /** Whether code went wrong, and not a connection or what came over it. */
    private static boolean isFault(Throwable e) {
        // The HTTP client's decoders throw plain arguments, too, for what is not HTTP.
        boolean isOfHttp =
                e instanceof CodecException || e instanceof IllegalArgumentException || e instanceof VertxException;
        return e instanceof Error || e instanceof RuntimeException && !isOfHttp;
    }

    private static @Nullable UpstreamFailure ofOne(Throwable e) {
        if (e instanceof TimeoutException || e instanceof java.util.concurrent.TimeoutException) {
            return TIMEOUT;
        }
        if (e instanceof UnknownHostException) {
            return NAME_NOT_FOUND;
        }
        if (e instanceof CertificateException || e instanceof CertPathValidatorException) {
            return CERTIFICATE;
        }
        if (e instanceof SSLException) {
            return ofTls(String.valueOf(e.getMessage()));
        }
        if (e instanceof ConnectTimeoutException) {
            return CONNECT_TIMEOUT;
        }
        if (e instanceof NoRouteToHostException) {
            return NO_ROUTE;
        }
        if (e instanceof ProxyConnectException) {
            return ofProxy(String.valueOf(e.getMessage()));
        }
        if (e instanceof ConnectException) {
            return String.valueOf(e.getMessage()).contains("refused") ? REFUSED : NO_CONNECTION;
        }
        if (e instanceof DecoderException) {
            // Its cause may be a TLS failure.
            return e.getCause() instanceof SSLException ? null : INVALID;
        }
        if (e instanceof SocketException || e instanceof ClosedChannelException || e instanceof HttpClosedException) {
            return CLOSED;
        }
        if (e instanceof IOException io) {
            String message = String.valueOf(io.getMessage());
            return message.startsWith(TLS_MESSAGE) ? ofTls(message) : isOfTheConnection(io) ? CLOSED : null;
        }
        return null;
    }

    private static UpstreamFailure ofTls(String said) {
        return ALERT_OF_CERTIFICATE.matcher(said).find() ? OWN_CERTIFICATE : TLS;
    }

    private static UpstreamFailure ofProxy(String said) {
        if (said.endsWith("timeout")) {
            return CONNECT_TIMEOUT;
        }
        return said.contains("status: 407") ? PROXY_LOGIN : PROXY_REFUSED;
    }

    /**
     * Whether the failure is about the connection and not about the bytes over it. The REST client throws a plain
     * exception with only a message both for a closed connection and for bytes that are not HTTP; native transport has
     * its own types.
     */
    private static boolean isOfTheConnection(IOException e) {
        String message = String.valueOf(e.getMessage());
        return !e.getClass().equals(IOException.class)
                || message.equals(CLOSED_MESSAGE)
                || message.startsWith("Connection reset");
    }
}
