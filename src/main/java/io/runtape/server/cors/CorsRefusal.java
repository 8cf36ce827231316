package io.runtape.server.cors;

import io.quarkus.vertx.http.runtime.cors.CORSFilter;
import io.runtape.error.ErrorCode;
import io.runtape.error.ErrorReply;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Refuses pages of origins that the operator did not allow. The framework's filter would do so too, but without a
 * message; it does everything else of CORS. Safe for any event loop.
 */
@Singleton
final class CorsRefusal {

    /** Before that filter (FilterBuildItem.CORS, 300), and after the request has its id. */
    private static final int BEFORE_THE_FILTER = -301;

    private static final String EVERY = "*";

    private final List<String> origins;
    private final List<Pattern> expressions;

    CorsRefusal(CorsConfig config) {
        // The constructor runs before an unusable origin stops the start.
        this.origins = config.corsOrigins().orElse(List.of()).stream()
                .map(String::strip)
                .filter(CorsOrigins::isUsable)
                .toList();
        this.expressions = CORSFilter.parseAllowedOriginsRegex(Optional.of(origins));
    }

    void install(@Observes Router router) {
        if (!origins.isEmpty() && !origins.contains(EVERY)) {
            router.route().order(BEFORE_THE_FILTER).handler(this::check);
        }
    }

    private void check(RoutingContext context) {
        HttpServerRequest request = context.request();
        @Nullable String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin == null
                || origins.contains(origin)
                || CORSFilter.isOriginAllowedByRegex(expressions, origin)
                || isOwn(request, origin)) {
            context.next();
            return;
        }
        ErrorReply.write(
                context,
                ErrorCode.FORBIDDEN,
                "Pages of this origin may not call from a browser. RUNTAPE_CORS_ORIGINS names those that may; nothing was done.");
    }

    /** Whether the page is the gateway's own. */
    private static boolean isOwn(HttpServerRequest request, String origin) {
        try {
            URI page = URI.create(origin);
            URI here = URI.create(request.absoluteURI());
            return page.getHost() != null
                    && page.getScheme().equalsIgnoreCase(here.getScheme())
                    && page.getHost().equalsIgnoreCase(here.getHost())
                    && port(page) == port(here);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static int port(URI of) {
        if (of.getPort() >= 0) {
            return of.getPort();
        }
        return of.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    }
}
