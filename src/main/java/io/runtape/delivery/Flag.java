package io.runtape.delivery;

import io.runtape.error.ApiException;
import org.jspecify.annotations.Nullable;

/** A parameter that is {@code true}, {@code false} or absent, which is {@code false}. */
final class Flag {

    private Flag() {}

    /** @throws ApiException 400 where it is anything else */
    static boolean read(String name, @Nullable String value) {
        if (value == null || value.equals("false")) {
            return false;
        }
        if (value.equals("true")) {
            return true;
        }
        throw ApiException.invalid("The parameter " + name + " must be true or false.");
    }
}
