package io.runtape.facet;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.access.Owner;
import io.runtape.facet.Trait.Kind;
import io.runtape.json.LeanTree;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a run is found by, gathered from its row and, once it has ended, from its events. What is unknown, or not asked for, is
 * left out.
 */
final class RunTraits {

    private final Owner owner;
    private final List<Trait> traits = new ArrayList<>();

    RunTraits(Owner owner) {
        this.owner = owner;
    }

    /** Adds a trait, unless its value is not known. */
    RunTraits with(Kind kind, @Nullable String value) {
        if (value != null) {
            traits.add(Trait.of(owner, kind, value));
        }
        return this;
    }

    /** Adds the code of an error. */
    RunTraits withError(@Nullable String json) {
        return with(Kind.ERROR, json == null ? null : errorCode(json));
    }

    /** Adds the entries of the metadata. */
    RunTraits withMetadata(String json) {
        Metadata.entries(json).forEach(entry -> traits.add(Trait.ofMetadata(owner, entry)));
        return this;
    }

    private static @Nullable String errorCode(String json) {
        @Nullable JsonNode error = LeanTree.read(json, Set.of());
        JsonNode code = error == null ? null : error.get("code");
        return code == null || code.isNull() || !code.isValueNode() ? null : code.asText();
    }

    /** The keys of each of them. */
    Set<Long> keys() {
        Set<Long> keys = new LinkedHashSet<>();
        traits.forEach(trait -> keys.add(trait.key()));
        return keys;
    }

    /** The keys of each of them, and of those pairs that runs are found by. */
    Set<Long> keysAndPairs() {
        Set<Long> keys = keys();
        for (int i = 0; i < traits.size(); i++) {
            for (int j = i + 1; j < traits.size(); j++) {
                if (traits.get(i).kind().pairsWith(traits.get(j).kind())) {
                    keys.add(Trait.pair(traits.get(i), traits.get(j)));
                }
            }
        }
        return keys;
    }
}
