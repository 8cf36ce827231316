package io.runtape.facet;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.Usage;
import io.runtape.json.LeanTree;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How many tokens a run took, as its row's usage tells. */
public final class Tokens {

    private final @Nullable JsonNode usage;

    private Tokens(@Nullable JsonNode usage) {
        this.usage = usage;
    }

    /** Reads a usage; that of a run without one tells nothing. */
    public static Tokens of(@Nullable String usage) {
        return new Tokens(usage == null ? null : LeanTree.read(usage, Set.of()));
    }

    /** A count by its name in the usage; null if it is not known. */
    public @Nullable Long count(String name) {
        return usage == null ? null : Usage.countOrNull(usage.path(name));
    }

    /** Those of the input and the output, or of the one of them that is known; null if neither is. */
    public @Nullable Long total() {
        Long input = count("inputTokens");
        Long output = count("outputTokens");
        return input == null ? output : output == null ? input : Long.valueOf(input + output);
    }
}
