package io.runtape.upstream;

import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.smallrye.mutiny.TimeoutException;
import io.vertx.core.http.HttpClosedException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Why the agent API gave no answer, in words that an operator can act on. They say the class of the cause and no more: what an
 * exception says of it is a stranger's.
 */
public enum UpstreamFailure {
    /** DNS has no such name. */
    NAME_NOT_FOUND("its host name is not known"),
    /** Nothing listens at the port. */
    REFUSED("the connection is refused"),
    /** The network has no way there. */
    NO_ROUTE("there is no route to its host"),
    /** The host says nothing. */
    CONNECT_TIMEOUT("the connection was not accepted in time"),
    /** Its certificate is of nobody that the gateway trusts, of another host, or out of date. */
    CERTIFICATE("TLS failed, because its certificate is not trusted"),
    /** TLS failed for another reason, such as a server without it. */
    TLS("TLS failed"),
    /** Another failure before anything was sent. */
    NO_CONNECTION("no connection could be made"),
    /** The connection closed before the head of an answer. */
    CLOSED("it closed the connection without an answer"),
    /** No head came in time. */
    TIMEOUT("it did not answer in time"),
    /** What came is not HTTP. */
    INVALID("what it answered is not HTTP");

    private static final String CLOSED_MESSAGE =
            String.valueOf(new HttpClosedException("Connection was closed").getMessage());

    private final String words;

    UpstreamFailure(String words) {
        this.words = words;
    }

    /** What happened, as the rest of a sentence about the agent API. */
    public String words() {
        return words;
    }

    /** The same, of a connection over which nothing was sent: no answer can be late, or wrong. */
    UpstreamFailure beforeTheCall() {
        return switch (this) {
            case NAME_NOT_FOUND, REFUSED, NO_ROUTE, CONNECT_TIMEOUT, CERTIFICATE, TLS, NO_CONNECTION -> this;
            case TIMEOUT -> CONNECT_TIMEOUT;
            case CLOSED, INVALID -> NO_CONNECTION;
        };
    }

    /** The class of what a client failed with; of a cause before what it caused. */
    public static UpstreamFailure of(Throwable failure) {
        @Nullable UpstreamFailure found = null;
        for (Throwable e = failure; e != null; e = e.getCause()) {
            @Nullable UpstreamFailure next = ofOne(e);
            // Only a cause that says more counts: a certificate within TLS, not what a socket says of either.
            if (found == null || found == TLS && next == CERTIFICATE) {
                found = next == null ? found : next;
            }
        }
        return found == null ? INVALID : found;
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
            return TLS;
        }
        if (e instanceof ConnectTimeoutException) {
            return CONNECT_TIMEOUT;
        }
        if (e instanceof NoRouteToHostException) {
            return NO_ROUTE;
        }
        if (e instanceof ConnectException) {
            return String.valueOf(e.getMessage()).contains("refused") ? REFUSED : NO_CONNECTION;
        }
        if (e instanceof DecoderException) {
            // What it was made of may be one of TLS.
            return e.getCause() instanceof SSLException ? null : INVALID;
        }
        if (e instanceof SocketException || e instanceof ClosedChannelException || e instanceof HttpClosedException) {
            return CLOSED;
        }
        return e instanceof IOException io && isOfTheConnection(io) ? CLOSED : null;
    }

    /**
     * Whether it tells of the connection and not of what came over it. The REST client makes a plain exception with no more
     * than the message both of a connection that closed and of bytes that are no HTTP; native transport has its own types.
     */
    private static boolean isOfTheConnection(IOException e) {
        String message = String.valueOf(e.getMessage());
        return !e.getClass().equals(IOException.class)
                || message.equals(CLOSED_MESSAGE)
                || message.startsWith("Connection reset");
    }
}
