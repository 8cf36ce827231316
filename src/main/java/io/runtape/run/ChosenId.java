package io.runtape.run;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a caller, an agent API or an archive may choose as the id of a thread or a run (docs/reference/http-api.md, "Calls through
 * the gateway").
 */
public final class ChosenId {

    /** Clients leave {@code .} and {@code ..} out of paths. */
    private static final Pattern FIT = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._:-]{1,128}");

    private ChosenId() {}

    /** Whether this can be the id of a thread or a run. */
    public static boolean isFit(@Nullable String id) {
        return id != null && FIT.matcher(id).matches();
    }
}
