package io.runtape.indexing;

import io.runtape.run.Run;
import io.runtape.transcript.PlacedPart;
import java.util.List;

/**
 * A run that has ended, for the indexes.
 *
 * @param row its row
 * @param parts what its request brought anew and what it answered, in their order; bounded, see
 *     {@link io.runtape.transcript.RunContentReader}
 */
public record EndedRun(Run row, List<PlacedPart> parts) {}
