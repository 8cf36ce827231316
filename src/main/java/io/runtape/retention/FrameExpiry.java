package io.runtape.retention;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.run.FrameTable;
import io.runtape.run.KeptTranscripts;
import io.runtape.run.Run;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import io.runtape.transcript.TranscriptKeeper;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;

/**
 * Deletes the frames and the request of a run, and keeps what its transcript is made of from then on: both in one
 * transaction, so that there is a transcript at any moment. Plain SQL: it locks the run's row, and rows of frames are no
 * entities. Blocks; safe for any thread.
 */
@Singleton
final class FrameExpiry {

    private static final String CLAIM = """
            select 1 from run where run_pk = ? and frames_expired_at is null and status <> 'running'
            for update skip locked""";

    /** A run without frames needs no packing: partitions are dropped once all their runs are packed. */
    private static final String DONE = """
            update run set frames_expired_at = ?, packed_at = coalesce(packed_at, ?), request_type = null, request_body = ?
            where run_pk = ?""";

    private final Store store;
    private final Journal journal;
    private final TranscriptKeeper keeper;

    FrameExpiry(Store store, Journal journal, TranscriptKeeper keeper) {
        this.store = store;
        this.journal = journal;
        this.keeper = keeper;
    }

    /**
     * Deletes the frames and the request of a run that has ended. On PostgreSQL the commit does not wait for the disk: what
     * is lost with the server is deleted again.
     *
     * @param connection in auto-commit mode
     * @return how many frames are deleted; empty if the run's end is not durable, or if it or its frames are deleted already
     *     or by another gateway just now
     * @throws ApiException 503 if there is no memory for the transcript now, or the database does not answer
     */
    Optional<Long> expire(Connection connection, long runPk) throws SQLException {
        Optional<Run> found = QuarkusTransaction.requiringNew().call(() -> Run.<Run>findByIdOptional(runPk));
        if (found.isEmpty()
                || found.get().framesExpiredAt != null
                || journal.unended(runPk).isPresent()) {
            return Optional.empty();
        }
        byte[] transcript = keeper.of(found.get());
        boolean gone =
                Transaction.losable(connection, store.engine(), () -> expireClaimed(connection, runPk, transcript));
        return gone ? Optional.of(found.get().frameCount) : Optional.empty();
    }

    private static boolean expireClaimed(Connection connection, long runPk, byte[] transcript) throws SQLException {
        try (PreparedStatement claim = connection.prepareStatement(CLAIM)) {
            claim.setLong(1, runPk);
            if (!claim.executeQuery().next()) {
                return false;
            }
        }
        KeptTranscripts.write(connection, runPk, transcript);
        for (FrameTable table : FrameTable.values()) {
            table.delete(connection, runPk);
        }
        try (PreparedStatement done = connection.prepareStatement(DONE)) {
            Instant now = Instant.now();
            done.setObject(1, now.atOffset(ZoneOffset.UTC));
            done.setObject(2, now.atOffset(ZoneOffset.UTC));
            done.setBytes(3, new byte[0]);
            done.setLong(4, runPk);
            done.executeUpdate();
        }
        return true;
    }
}
