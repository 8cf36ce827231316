package io.runtape.transcript;

import java.util.List;

/**
 * What a run brought: the messages of its request that come after the last response, and its own response.
 *
 * @param parts in their order
 * @param truncated whether something was too long and is left out
 */
public record RunContents(List<PlacedPart> parts, boolean truncated) {

    public RunContents {
        parts = List.copyOf(parts);
    }
}
