package io.runtape.server.response;

import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;
import org.jboss.resteasy.reactive.RestResponse;

/** The heads of the history's responses. */
public final class Responses {

    /** The only coding of responses. */
    public static final String GZIP = "gzip";

    /** No cache may keep it: it belongs to one caller, and mostly changes as runs go on. */
    public static final String NO_STORE = "no-store";

    /** The request headers that a response depends on, as the value of its header {@code Vary}. */
    public static final String VARY = HttpHeaders.ACCEPT + ", " + HttpHeaders.ACCEPT_ENCODING;

    /**
     * A caller's own cache may keep it, but must ask each time whether it is still good: it may be deleted, or belong
     * to another caller.
     */
    private static final String ASK_FIRST = "private, no-cache";

    private static final String ANY = "*";

    private Responses() {}

    /**
     * Call this first if an address has several forms: the framework chooses JSON for a client that takes none of them,
     * and refuses it only when the response is made.
     *
     * @throws NotAcceptableException if the client does not take JSON
     */
    public static void requireJson(RoutingContext context) {
        List<MIMEHeader> accepted = context.parsedHeaders().accept();
        if (!accepted.isEmpty() && accepted.stream().noneMatch(Responses::takesJson)) {
            throw new NotAcceptableException();
        }
    }

    private static boolean takesJson(MIMEHeader accepted) {
        return accepted.weight() > 0
                && (accepted.component().equals(ANY) || accepted.component().equalsIgnoreCase("application"))
                && (accepted.subComponent().equals(ANY)
                        || accepted.subComponent().equalsIgnoreCase("json"));
    }

    /** 200. */
    public static <T> RestResponse<T> ok(T entity) {
        return answer(RestResponse.Status.OK, entity);
    }

    /** 201. */
    public static <T> RestResponse<T> created(T entity) {
        return answer(RestResponse.Status.CREATED, entity);
    }

    private static <T> RestResponse<T> answer(RestResponse.Status status, T entity) {
        return RestResponse.ResponseBuilder.create(status, entity)
                .header(HttpHeaders.CACHE_CONTROL, NO_STORE)
                .header(HttpHeaders.VARY, VARY)
                .build();
    }

    /** 200, with its tag. */
    public static <T> RestResponse<T> ok(T entity, ResponseTag tag) {
        return tagged(RestResponse.ResponseBuilder.ok(entity), tag);
    }

    /** 304: the client has it. */
    public static <T> RestResponse<T> notModified(ResponseTag tag) {
        return tagged(RestResponse.ResponseBuilder.create(RestResponse.Status.NOT_MODIFIED), tag);
    }

    private static <T> RestResponse<T> tagged(RestResponse.ResponseBuilder<T> response, ResponseTag tag) {
        return response.header(HttpHeaders.ETAG, tag.header())
                .header(HttpHeaders.CACHE_CONTROL, ASK_FIRST)
                .header(HttpHeaders.VARY, VARY)
                .build();
    }

    /**
     * Whether the client says that it has the response with this tag. Ask only when the response is known to be the
     * caller's.
     */
    public static boolean isKnown(RoutingContext context, ResponseTag tag) {
        return tag.isAmong(context.request().headers().getAll(HttpHeaders.IF_NONE_MATCH));
    }

    /** Whether the client prefers the response in gzip. */
    public static boolean preferGzip(RoutingContext context) {
        return AcceptedCodings.preferGzip(context.request().headers().getAll(HttpHeaders.ACCEPT_ENCODING));
    }
}
