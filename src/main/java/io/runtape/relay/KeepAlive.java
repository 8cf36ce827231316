package io.runtape.relay;

import io.runtape.error.ApiException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The comments that a caller asks for while nothing happens: {@code Runtape-Keep-Alive} (docs/reference/http-api.md,
 * "Calls through the gateway").
 *
 * @param idle how long nothing may happen until a comment goes out
 * @param early whether the comments begin before the agent API's head has come
 */
record KeepAlive(Duration idle, boolean early) {

    private static final int SECONDS_MIN = 5;
    private static final int SECONDS_MAX = 300;

    private static final Pattern FORM = Pattern.compile("([0-9]{1,3})(?:[ \\t]*;[ \\t]*(early))?");

    /** @throws ApiException 400 if the value is not allowed */
    static KeepAlive of(String value) {
        Matcher form = FORM.matcher(value);
        if (form.matches()) {
            int seconds = Integer.parseInt(form.group(1));
            if (seconds >= SECONDS_MIN && seconds <= SECONDS_MAX) {
                return new KeepAlive(Duration.ofSeconds(seconds), form.group(2) != null);
            }
        }
        throw ApiException.invalid("Runtape-Keep-Alive must be a whole number of seconds from " + SECONDS_MIN + " to "
                + SECONDS_MAX + ", alone or followed by '; early'.");
    }
}
