package io.runtape.server.response;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.BufferedWriter;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ServerHttpRequest;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * Writes the gateway's own responses. It writes JSON while it is made, with a line end behind it, so that a terminal
 * shows its prompt on a line of its own; it writes text unchanged, whole or while it is made. Below {@code /history/v1} everything except errors,
 * which are JSON that is already text, comes in gzip if the client takes it. This writer does not write bytes.
 *
 * <p>The server could compress by itself, but only for all connections: then every response of the agent API would pass
 * a compressor and need a header {@code Content-Encoding: identity} that disables it. So this class compresses. Safe
 * for any thread.
 */
@Provider
@Produces({MediaType.APPLICATION_JSON, MediaType.TEXT_HTML, "text/markdown"})
public final class ResponseWriter extends ServerMessageBodyWriter.AllWriteableMessageBodyWriter {

    private static final String HISTORY = "/history/v1/";

    private final ObjectWriter json;

    ResponseWriter(ObjectMapper json) {
        this.json = json.writer()
                .without(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .without(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    }

    @Override
    public void writeResponse(Object entity, Type type, ServerRequestContext context) throws IOException {
        OutputStream to = context.getOrCreateOutputStream();
        if (isInGzip(entity, context)) {
            writeInGzip(entity, to, context.serverResponse());
        } else {
            write(entity, to);
            // Not closed after a failure: the gateway can still answer with an error as long as it has sent nothing.
            to.close();
        }
    }

    private void writeInGzip(Object entity, OutputStream to, ServerHttpResponse response) throws IOException {
        OutputStream gzip =
                new GzipOutput(to, () -> response.setResponseHeader(HttpHeaders.CONTENT_ENCODING, Responses.GZIP));
        try {
            write(entity, gzip);
        } catch (IOException | RuntimeException e) {
            // The error that replaces the response is not compressed.
            response.removeResponseHeader(HttpHeaders.CONTENT_ENCODING);
            throw e;
        }
        gzip.close();
    }

    /** Never compresses on an event loop: live streams would wait for it. */
    private static boolean isInGzip(Object entity, ServerRequestContext context) {
        ServerHttpRequest request = ((ResteasyReactiveRequestContext) context).serverRequest();
        boolean error = entity instanceof String
                && MediaType.APPLICATION_JSON_TYPE.isCompatible(context.getResponseMediaType());
        return !error
                && request.getRequestPath().startsWith(HISTORY)
                && !request.isOnIoThread()
                && AcceptedCodings.preferGzip(request.getAllRequestHeaders(HttpHeaders.ACCEPT_ENCODING));
    }

    @Override
    public void writeTo(
            Object entity,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream to)
            throws IOException {
        write(entity, to);
    }

    private void write(Object entity, OutputStream to) throws IOException {
        if (entity instanceof String text) {
            to.write(text.getBytes(StandardCharsets.UTF_8));
        } else if (entity instanceof TextResponse text) {
            Writer encoded = new BufferedWriter(new OutputStreamWriter(new Unflushed(to), StandardCharsets.UTF_8));
            text.writeTo(encoded);
            encoded.flush();
        } else {
            json.writeValue(to, entity);
            to.write('\n');
        }
    }

    /** A flush would send what there is: a short response would lose its length. */
    private static final class Unflushed extends FilterOutputStream {

        Unflushed(OutputStream to) {
            super(to);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            out.write(bytes, from, count);
        }

        @Override
        public void flush() {
            // Nothing is sent before the pieces below are full, or the response is whole.
        }
    }
}
