package io.runtape.transcript;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run brought: the messages of its request that come after the last response, and its own response.
 *
 * @param parts in their order
 * @param requestBody what was sent, byte for byte; null if it is deleted
 * @param truncated whether something was too long and is left out
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record RunContents(List<PlacedPart> parts, byte @Nullable [] requestBody, boolean truncated) {

    public RunContents {
        parts = List.copyOf(parts);
    }
}
