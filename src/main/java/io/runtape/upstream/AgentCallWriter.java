package io.runtape.upstream;

import io.vertx.core.http.HttpClientRequest;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;

/**
 * Writes the bytes of a call. The HTTP client calls it once it has a connection, right before the call goes out. By
 * then the client has made its request, and this class sets the request's target, since a caller's target need not be a
 * URI. The client has also added a media type, which this class removes if the caller named none.
 */
public final class AgentCallWriter implements MessageBodyWriter<AgentCall> {

    private static final String PLAIN = "http://";

    @Override
    public boolean isWriteable(Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
        return type == AgentCall.class;
    }

    @Override
    public void writeTo(
            AgentCall call,
            Class<?> type,
            Type generic,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream out)
            throws IOException {
        if (call.headers().stream().noneMatch(h -> h.getKey().equalsIgnoreCase(HttpHeaders.CONTENT_TYPE))) {
            headers.remove(HttpHeaders.CONTENT_TYPE);
        }
        HttpClientRequest request = call.request().get();
        request.setURI(originOf(request.getURI()) + call.target());
        call.gate().stand();
        out.write(call.body().take());
        call.body().goesOutBy(request);
    }

    /** Through a proxy, plain calls go out with the whole address; the client's request shows whether they do. */
    private static String originOf(String uri) {
        return uri.startsWith(PLAIN) ? uri.substring(0, uri.indexOf('/', PLAIN.length())) : "";
    }
}
