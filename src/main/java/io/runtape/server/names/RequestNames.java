package io.runtape.server.names;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorReply;
import io.runtape.server.connection.RawTarget;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Refuses requests with unknown names before the gateway does anything for them: parameters below {@code /history/v1},
 * and everywhere request headers that begin with {@code Runtape-}. Safe for any event loop.
 */
@Singleton
final class RequestNames {

    /**
     * After the CORS filter, so that pages of other origins can read the response, and before everything that acts on
     * the request.
     */
    private static final int BEFORE_ALL_THAT_ACTS = -4;

    private static final String OURS = "runtape-";

    /** More values of one filter than anyone means; each is a parameter of the SQL statement. */
    private static final int REPEATED_MAX = 100;

    private static final String TICKET = "ticket";

    private static final String HISTORY = "/history/v1";

    private final Operations operations;
    private final Set<String> headers;

    RequestNames(Operations operations) {
        this.operations = operations;
        Set<String> ours = new TreeSet<>();
        operations.headers().stream().filter(RequestNames::isOurs).forEach(ours::add);
        this.headers = Set.copyOf(ours);
    }

    void install(@Observes Router router) {
        router.route().order(BEFORE_ALL_THAT_ACTS).handler(this::check);
    }

    private void check(RoutingContext context) {
        try {
            String path = context.normalizedPath();
            checkHeaders(context.request());
            if (isBelow(HISTORY, path)) {
                checkQuery(context, path);
            }
        } catch (ApiException refused) {
            ErrorReply.write(context, refused);
            return;
        }
        context.next();
    }

    private static boolean isBelow(String namespace, String path) {
        return path.startsWith(namespace) && path.startsWith("/", namespace.length());
    }

    private static boolean isOurs(String header) {
        return header.regionMatches(true, 0, OURS, 0, OURS.length());
    }

    private void checkHeaders(HttpServerRequest request) {
        for (String name : request.headers().names()) {
            if (!isOurs(name) || name.equalsIgnoreCase(RawTarget.HEADER) || contains(headers, name)) {
                continue;
            }
            throw ApiException.invalid("There is no request header " + Spelling.quoted(name) + "."
                    + nearest(name, headers) + " Allowed: " + listed(headers) + ". Nothing was done.");
        }
    }

    private static boolean contains(Collection<String> names, String name) {
        return names.stream().anyMatch(name::equalsIgnoreCase);
    }

    private void checkQuery(RoutingContext context, String path) {
        checkEncoding(context.request());
        Optional<Operation> operation = operations.at(context.request().method().name(), path);
        if (operation.isEmpty()) {
            // The path or the method does not exist; the next handler says so.
            return;
        }
        Operation call = operation.get();
        valuesByName(context.queryParams()).forEach((name, values) -> {
            if (!call.takes(name)) {
                throw unknown(name, call);
            }
            checkValues(name, values, call);
        });
    }

    /** The names as they are spelt: the map itself takes those for the same that differ by case alone. */
    private static Map<String, List<String>> valuesByName(MultiMap query) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        for (Map.Entry<String, String> each : query) {
            values.computeIfAbsent(each.getKey(), name -> new ArrayList<>()).add(each.getValue());
        }
        return values;
    }

    private static void checkValues(String name, List<String> values, Operation call) {
        if (values.size() > 1 && !call.repeatable().contains(name)) {
            throw ApiException.invalid("The parameter " + name + " may be given once.");
        }
        if (values.size() > REPEATED_MAX) {
            throw ApiException.invalid(name + " may be given " + REPEATED_MAX + " times at the most.");
        }
        // The framework would take it for one that is not there. An empty ticket is refused as any other that is not
        // good, and an entry of metadata may be an empty text.
        if (values.contains("") && !name.equals(TICKET) && !call.isChosen(name)) {
            throw ApiException.invalid("The parameter " + name + " has no value. Give it one, or leave it out.");
        }
    }

    private static ApiException unknown(String name, Operation call) {
        return ApiException.invalid("There is no parameter " + Spelling.quoted(name) + "."
                + nearest(name, call.parameters()) + allowed(call));
    }

    private static String nearest(String name, Set<String> known) {
        return Spelling.nearest(name, known)
                .map(nearest -> " The nearest is " + nearest + ".")
                .orElse("");
    }

    private static String allowed(Operation call) {
        return call.parameters().isEmpty()
                ? " " + call.name() + " takes none."
                : " Allowed with " + call.name() + ": " + listed(call.parameters()) + ".";
    }

    private static String listed(Set<String> names) {
        return String.join(", ", new TreeSet<>(names));
    }

    /**
     * A value with broken percent-encoding, or whose octets are not UTF-8, would be looked up as something else and not
     * be found. The server cuts off path parameters, so a filter in a path parameter would filter nothing.
     */
    private static void checkEncoding(HttpServerRequest request) {
        String target = RawTarget.of(request);
        int query = target.indexOf('?');
        String path = query < 0 ? target : target.substring(0, query);
        if (path.indexOf(';') >= 0) {
            throw ApiException.invalid(
                    "The path has a semicolon. Parameters stand after a question mark; a semicolon that"
                            + " belongs to a name is written %3B.");
        }
        requireText("path", path);
        if (query >= 0) {
            requireText("query", target.substring(query + 1));
        }
    }

    private static void requireText(String what, String encoded) {
        try {
            PercentEncoding.requireUtf8(encoded);
        } catch (CharacterCodingException e) {
            throw ApiException.invalid(
                    "The " + what + " is not UTF-8 in percent-encoding: each percent sign is followed by two"
                            + " hexadecimal digits, and one that stands for itself is written %25.");
        }
    }
}
