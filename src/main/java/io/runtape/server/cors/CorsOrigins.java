package io.runtape.server.cors;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Checks the configured origins: an origin that no browser sends would let no page in, without a reason in sight. */
@Singleton
final class CorsOrigins {

    /** As a browser sends it: no path, no slash at the end, lower case. */
    private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[^/?#@\\sA-Z]+");

    private static final String EVERY = "*";

    private final List<String> origins;

    CorsOrigins(CorsConfig config) {
        this.origins = config.corsOrigins().orElse(List.of());
    }

    /** @throws ConfigurationException if one cannot be used, which stops the start */
    void start(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        origins.forEach(CorsOrigins::check);
    }

    private static void check(String origin) {
        if (!isUsable(origin)) {
            throw new ConfigurationException("runtape.cors-origins (RUNTAPE_CORS_ORIGINS) has '" + origin
                    + "'. An origin is scheme, host and port, such as https://app.example.com, or a regular expression"
                    + " between slashes; a comma in one is written \\,");
        }
    }

    /** Whether it is an origin as a browser sends it, or an expression that can be matched. */
    static boolean isUsable(String named) {
        String origin = named.strip();
        return isExpression(origin)
                ? compiles(origin.substring(1, origin.length() - 1))
                : origin.equals(EVERY) || ORIGIN.matcher(origin).matches();
    }

    private static boolean isExpression(String origin) {
        return origin.length() > 2 && origin.startsWith("/") && origin.endsWith("/");
    }

    private static boolean compiles(String expression) {
        try {
            Pattern.compile(expression);
            return true;
        } catch (PatternSyntaxException e) {
            return false;
        }
    }
}
