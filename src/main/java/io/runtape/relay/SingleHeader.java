package io.runtape.relay;

import io.runtape.error.ApiException;
import io.vertx.core.MultiMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a request header that is the gateway's own. */
public final class SingleHeader {

    private SingleHeader() {}

    /**
     * The header's value; null if it is not there.
     *
     * @throws ApiException 400 if it has two values: the caller could mean either
     */
    public static @Nullable String of(MultiMap headers, String name) {
        List<String> values = headers.getAll(name);
        if (values.size() > 1) {
            throw ApiException.invalid(name + " must be sent once at the most.");
        }
        return values.isEmpty() ? null : values.get(0);
    }
}
