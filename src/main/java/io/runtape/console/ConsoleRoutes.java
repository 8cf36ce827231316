package io.runtape.console;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorReply;
import io.runtape.server.response.Responses;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Serves the console below {@code /console}, to everybody: what is recorded comes from the history, which asks for the
 * credential. Each view has an address, which is answered with the same page. Safe for any event loop; nothing here blocks.
 */
@Singleton
final class ConsoleRoutes {

    /** Where scripts and styles are; their version follows. */
    static final String FILES = "/console/files/";

    private static final String CONSOLE = "/console";

    /** The addresses of the views, as router.js has them. */
    private static final Pattern VIEW = Pattern.compile("/console(/overview|/compare|/runs/[^/]+|/threads/[^/]+)?");

    /** After the checks of all requests, and before the resources. */
    private static final int BEFORE_RESOURCES = 0;

    /** RFC 9111 has no more: the path changes whenever the content does. */
    private static final String FOR_EVER = "public, max-age=31536000, immutable";

    private static final String ASK_FIRST = "no-cache";

    private final ConsoleFiles files;
    private final ConsolePage page;

    ConsoleRoutes(ConsoleFiles files, ConsolePage page) {
        this.files = files;
        this.page = page;
    }

    void install(@Observes Router router) {
        router.route("/").order(BEFORE_RESOURCES).handler(context -> redirect(context, CONSOLE));
        router.route(CONSOLE).order(BEFORE_RESOURCES).handler(this::answer);
        router.route(CONSOLE + "/*").order(BEFORE_RESOURCES).handler(this::answer);
    }

    private void answer(RoutingContext context) {
        String path = context.normalizedPath();
        if (path.equals(CONSOLE + "/")) {
            redirect(context, CONSOLE);
        } else if (VIEW.matcher(path).matches()) {
            showPage(context);
        } else if (path.startsWith(FILES)) {
            sendFile(context, path.substring(FILES.length()));
        } else {
            // The next handlers have the message for it.
            context.next();
        }
    }

    private static boolean isRefused(RoutingContext context) {
        HttpMethod method = context.request().method();
        if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
            return false;
        }
        ErrorReply.write(context, ApiException.methodNotAllowed("GET, HEAD"));
        return true;
    }

    private static void redirect(RoutingContext context, String to) {
        if (isRefused(context)) {
            return;
        }
        context.response()
                .setStatusCode(302)
                .putHeader(HttpHeaders.LOCATION, to)
                .putHeader(HttpHeaders.CACHE_CONTROL, ASK_FIRST)
                .end();
    }

    private void showPage(RoutingContext context) {
        if (isRefused(context)) {
            return;
        }
        context.response()
                .putHeader("Content-Security-Policy", page.policy())
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
                .putHeader("X-Frame-Options", "DENY");
        send(context, page.page(), ASK_FIRST);
    }

    private void sendFile(RoutingContext context, String versioned) {
        int slash = versioned.indexOf('/');
        Optional<ConsoleFile> file = files.at(versioned.substring(slash + 1));
        if (slash < 0 || file.isEmpty()) {
            context.next();
            return;
        }
        if (isRefused(context)) {
            return;
        }
        // Another gateway's page may ask for another version, while gateways are replaced one by one.
        boolean same = versioned.substring(0, slash).equals(files.version());
        send(context, file.get(), same ? FOR_EVER : ASK_FIRST);
    }

    private static void send(RoutingContext context, ConsoleFile file, String caching) {
        HttpServerResponse response = context.response();
        // Weak, since it is the same in gzip.
        String tag = "W/\"" + file.digest() + '"';
        response.putHeader(HttpHeaders.ETAG, tag)
                .putHeader(HttpHeaders.CACHE_CONTROL, caching)
                .putHeader(HttpHeaders.VARY, "Accept-Encoding")
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin");
        if (isKnown(context.request().headers().getAll(HttpHeaders.IF_NONE_MATCH), file.digest())) {
            response.setStatusCode(304).end();
            return;
        }
        boolean zipped = Responses.preferGzip(context);
        Buffer content = zipped ? file.zipped() : file.plain();
        response.putHeader(HttpHeaders.CONTENT_TYPE, file.type())
                .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(content.length()));
        if (zipped) {
            response.putHeader(HttpHeaders.CONTENT_ENCODING, Responses.GZIP);
        }
        if (context.request().method().equals(HttpMethod.HEAD)) {
            response.end();
        } else {
            response.end(content);
        }
    }

    private static boolean isKnown(List<String> ifNoneMatch, String digest) {
        return ifNoneMatch.stream().anyMatch(header -> header.contains('"' + digest + '"'));
    }
}
