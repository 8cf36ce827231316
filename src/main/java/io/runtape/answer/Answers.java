package io.runtape.answer;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.HttpHeaders;
import org.jboss.resteasy.reactive.RestResponse;

/** The heads of the history's answers. */
public final class Answers {

    /** The one coding that answers come in. */
    public static final String GZIP = "gzip";

    /** Nobody may keep it: it is one caller's, and mostly it changes as runs go on. */
    public static final String NO_STORE = "no-store";

    private Answers() {}

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
                .header(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING)
                .build();
    }

    /** Whether the client would rather have the answer in gzip. */
    public static boolean preferGzip(RoutingContext context) {
        return AcceptedCodings.preferGzip(context.request().headers().getAll(HttpHeaders.ACCEPT_ENCODING));
    }
}
