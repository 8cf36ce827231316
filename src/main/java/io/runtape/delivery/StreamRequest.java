package io.runtape.delivery;

import io.runtape.error.ApiException;
import io.runtape.run.Position;
import io.runtape.ticket.Ticket;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The parameters of a call for a stream. A bad value is refused with a message that says what is allowed. */
final class StreamRequest {

    /** Parameters for pages of JSON. A stream refuses them, since it would not obey them. */
    private static final List<String> PAGE_ONLY = List.of("cursor", "include", "kind", "limit", "order", "type");

    private static final Duration RUN_GAP_USUAL = Duration.ofSeconds(1);
    private static final Duration RUN_GAP_MAX = Duration.ofHours(1);

    /** Java reads more as a number than people write: {@code 0x1p3}, {@code 1d}, {@code NaN}. */
    private static final Pattern SPEED = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,20})?");

    private static final double SPEED_MIN = 0.1;
    private static final double SPEED_MAX = 100;

    private final MultiMap query;
    private final @Nullable String lastEventId;

    private StreamRequest(HttpServerRequest request) {
        this.query = request.params();
        List<String> positions = request.headers().getAll("Last-Event-ID");
        if (positions.size() > 1) {
            throw ApiException.invalid("Last-Event-ID must be sent once at the most.");
        }
        this.lastEventId = positions.isEmpty() ? null : positions.get(0);
    }

    static StreamRequest ofTail(HttpServerRequest request) {
        StreamRequest asked = new StreamRequest(request);
        for (String name : PAGE_ONLY) {
            if (asked.query.contains(name)) {
                throw ApiException.invalid("The parameter " + name + " does not apply to an event stream.");
            }
        }
        return asked;
    }

    static StreamRequest ofReplay(HttpServerRequest request) {
        return new StreamRequest(request);
    }

    /** The position that the reader names, {@code Last-Event-ID} before {@code after}; null where it names none. */
    @Nullable
    Long position() {
        boolean header = lastEventId != null && !lastEventId.isEmpty();
        String value = header ? lastEventId : query.get("after");
        if (value == null) {
            return null;
        }
        return Position.of(value, (header ? "Last-Event-ID" : "after") + " must be a sequence: a number from 0.");
    }

    /** The ticket that the reader brings instead of a credential. */
    @Nullable
    Ticket ticket() {
        String value = query.get("ticket");
        return value == null ? null : Ticket.brought(value);
    }

    /** A parameter that is {@code true}, {@code false} or absent. */
    boolean flag(String name) {
        String value = query.get(name);
        if (value == null || value.equals("false")) {
            return false;
        }
        if (value.equals("true")) {
            return true;
        }
        throw ApiException.invalid("The parameter " + name + " must be true or false.");
    }

    /** How many times as fast as the recording; infinite for {@code max}. */
    double speed() {
        String value = query.get("speed");
        if (value == null) {
            return 1;
        }
        if (value.equals("max")) {
            return Double.POSITIVE_INFINITY;
        }
        if (SPEED.matcher(value).matches()) {
            double speed = Double.parseDouble(value);
            if (speed >= SPEED_MIN && speed <= SPEED_MAX) {
                return speed;
            }
        }
        throw ApiException.invalid("The parameter speed must be a number from 0.1 to 100, or max.");
    }

    /** The pause between two runs of a thread. */
    Duration runGap() {
        String value = query.get("runGap");
        if (value == null) {
            return RUN_GAP_USUAL;
        }
        try {
            Duration gap = Duration.parse(value);
            if (!gap.isNegative() && gap.compareTo(RUN_GAP_MAX) <= 0) {
                return gap;
            }
        } catch (DateTimeParseException e) {
            // Refused below.
        }
        throw ApiException.invalid(
                "The parameter runGap must be an ISO 8601 duration from PT0S to PT1H, such as PT1S.");
    }
}
