package io.runtape.history;

import jakarta.ws.rs.core.HttpHeaders;
import org.jboss.resteasy.reactive.RestResponse;

/** Answers that nobody may keep: they are one caller's, and most of them change as runs go on. */
final class NoStore {

    private static final String NO_STORE = "no-store";

    private NoStore() {}

    static <T> RestResponse<T> ok(T entity) {
        return answer(RestResponse.Status.OK, entity);
    }

    static <T> RestResponse<T> created(T entity) {
        return answer(RestResponse.Status.CREATED, entity);
    }

    private static <T> RestResponse<T> answer(RestResponse.Status status, T entity) {
        return RestResponse.ResponseBuilder.create(status, entity)
                .header(HttpHeaders.CACHE_CONTROL, NO_STORE)
                .build();
    }
}
