package io.runtape.error;

import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.List;
import java.util.StringJoiner;

/**
 * Sees to it that no response has a type to which {@code Accept} gives the weight 0, which means that it is not acceptable (RFC
 * 9110, section 12.4.2). The framework takes it for the least wanted one. Where a request refuses a type so, this names the types
 * that are left instead, each with its weight. Safe for any event loop.
 */
@Singleton
final class RefusedTypes {

    /** After the CORS filter, so that pages of other origins can read the refusal, and before all resources. */
    private static final int BEFORE_RESOURCES = -3;

    private static final String ANY = "*";

    private final ServedTypes served;

    RefusedTypes(ServedTypes served) {
        this.served = served;
    }

    void install(@Observes Router router) {
        router.route().order(BEFORE_RESOURCES).handler(this::leaveOut);
    }

    private void leaveOut(RoutingContext context) {
        String path = context.normalizedPath();
        if (!OwnPaths.contains(path)) {
            context.next();
            return;
        }
        List<MIMEHeader> accepted = context.parsedHeaders().accept();
        Collection<String> types = accepted.stream().anyMatch(RefusedTypes::refuses)
                ? served.answers(context.request().method().name(), path)
                : List.of();
        if (types.isEmpty()) {
            context.next();
            return;
        }
        String left = left(accepted, types);
        if (left.isEmpty()) {
            ErrorReply.write(context, ErrorCode.NOT_ACCEPTABLE, RefusalMessage.notAcceptable(types));
            return;
        }
        context.request().headers().set(HttpHeaders.ACCEPT, left);
        context.next();
    }

    private static boolean refuses(MIMEHeader range) {
        return range.weight() == 0;
    }

    /** The types that are not refused, as a value of {@code Accept}. */
    private static String left(List<MIMEHeader> accepted, Collection<String> types) {
        StringJoiner left = new StringJoiner(", ");
        for (String type : types) {
            float weight = weight(accepted, type);
            if (weight > 0) {
                left.add(type + ";q=" + weight);
            }
        }
        return left.toString();
    }

    /** The weight of a type is that of the most specific range that it is in (RFC 9110, section 12.5.1); 0 if it is in none. */
    private static float weight(List<MIMEHeader> accepted, String type) {
        int slash = type.indexOf('/');
        int closest = 0;
        float weight = 0;
        for (MIMEHeader range : accepted) {
            int close = closeness(range, type.substring(0, slash), type.substring(slash + 1));
            if (close > closest) {
                closest = close;
                weight = range.weight();
            }
        }
        return weight;
    }

    /** How specific a range is for a type; 0 if the type is not in it. */
    private static int closeness(MIMEHeader range, String type, String subtype) {
        boolean anySubtype = range.subComponent().equals(ANY);
        if (range.component().equals(ANY)) {
            return anySubtype ? 1 : 0;
        }
        if (!range.component().equalsIgnoreCase(type)) {
            return 0;
        }
        return anySubtype ? 2 : range.subComponent().equalsIgnoreCase(subtype) ? 3 : 0;
    }
}
