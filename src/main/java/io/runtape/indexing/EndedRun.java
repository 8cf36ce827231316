package io.runtape.indexing;

import io.runtape.run.Run;
import io.runtape.transcript.PlacedPart;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run that has ended, for the indexes.
 *
 * @param row its row
 * @param requestBody the body of its call, byte for byte; null if it is deleted or cannot be read
 * @param parts what its request brought anew and what it answered, in their order; bounded, see
 *     {@link io.runtape.transcript.RunContentReader}; none if they cannot be read
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record EndedRun(Run row, byte @Nullable [] requestBody, List<PlacedPart> parts) {

    /** The keys of runs, in their order. */
    public static List<Long> keys(List<EndedRun> runs) {
        return runs.stream().map(run -> run.row.runPk).toList();
    }
}
