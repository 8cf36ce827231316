package io.runtape.retention;

import io.runtape.run.BodyDigest;
import io.runtape.run.DamagedFramesException;
import io.runtape.run.FrameReader;
import io.runtape.run.Run;
import io.runtape.store.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The digests of runs whose gateway was lost, and whose frames go before they were packed: nobody could make them later. Blocks;
 * safe for any thread.
 */
final class LateDigests {

    /** Packing may have written it meanwhile, of the same frames. */
    private static final String WRITE = "update run set digest = coalesce(digest, ?) where run_pk = ?";

    private LateDigests() {}

    /**
     * The digest of a run that has ended, if its row has none.
     *
     * @param connection in auto-commit mode
     * @param engine the connection's
     * @return hexadecimal digits; null if the row has one, or if its frames cannot be read, or are not all where they were
     */
    static @Nullable String of(Connection connection, Engine engine, Run run) throws SQLException {
        if (run.digest != null) {
            return null;
        }
        BodyDigest body = new BodyDigest();
        try {
            long frames = FrameReader.addTo(body, connection, engine, run.runPk);
            // Fewer where the run is packed, or deleted, just now.
            return frames == run.frameCount ? body.hex() : null;
        } catch (DamagedFramesException e) {
            return null;
        }
    }

    /** Writes the digests of runs, by their keys, in the transaction that deletes their frames. */
    static void write(Connection connection, Map<Long, String> digests) throws SQLException {
        if (digests.isEmpty()) {
            return;
        }
        try (PreparedStatement write = connection.prepareStatement(WRITE)) {
            for (Map.Entry<Long, String> digest : digests.entrySet()) {
                write.setString(1, digest.getValue());
                write.setLong(2, digest.getKey());
                write.addBatch();
            }
            write.executeBatch();
        }
    }
}
