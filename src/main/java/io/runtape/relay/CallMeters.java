package io.runtape.relay;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * Bounds what callers can add to the metrics: the registry keeps each value of a label for ever, and a caller may send
 * any word as a method. Safe for any thread.
 */
final class CallMeters {

    /** RFC 9110, section 9, and PATCH. */
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

    /** OpenTelemetry's name for a method that HTTP does not know. */
    private static final String OTHER = "_OTHER";

    private static final String METHOD = "method";

    /** Counts all methods that HTTP does not know as one. */
    @Produces
    @Singleton
    MeterFilter knownMethods() {
        return new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                String method = id.getTag(METHOD);
                return method == null
                                || METHODS.contains(method)
                                || !id.getName().startsWith("http.")
                        ? id
                        : id.replaceTags(Tags.of(id.getTagsAsIterable()).and(Tag.of(METHOD, OTHER)));
            }
        };
    }
}
