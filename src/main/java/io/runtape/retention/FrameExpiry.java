package io.runtape.retention;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.journal.Journal;
import io.runtape.run.FrameDeletion;
import io.runtape.run.KeptTranscripts;
import io.runtape.run.Run;
import io.runtape.run.RunSizes;
import io.runtape.store.SqlFault;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import io.runtape.transcript.TranscriptKeeper;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hibernate.Session;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the frames and the requests of runs, and keeps what their transcripts are made of from then on: both in one
 * transaction, so that there is a transcript at any moment. A transaction has several runs, since a run alone would mostly wait
 * for the answers to its statements. Plain SQL: it locks the runs' rows, and rows of frames are no entities. Blocks; safe for any thread.
 */
@Singleton
final class FrameExpiry {

    /** A transaction ends with the run whose transcript fills this, so that it holds neither much memory nor takes long. */
    static final int TRANSCRIPT_BYTES = 256 * 1024;

    /** Rows of runs that are read at once: a prompt and a result may have a megabyte each. */
    static final int ROW_BYTES = 1024 * 1024;

    private static final String CLAIM = """
            select run_pk, frame_count from run where run_pk = any(?) and frames_expired_at is null and status <> 'running'
            order by run_pk for update skip locked""";

    /** A run without frames needs no packing: partitions are dropped once all their runs are packed. */
    private static final String DONE = """
            update run set frames_expired_at = ?, packed_at = coalesce(packed_at, ?), request_type = null, request_body = ?
            where run_pk = any(?)""";

    private final Store store;
    private final Journal journal;
    private final TranscriptKeeper keeper;

    FrameExpiry(Store store, Journal journal, TranscriptKeeper keeper) {
        this.store = store;
        this.journal = journal;
        this.keeper = keeper;
    }

    /** What becomes of the runs. */
    interface Progress {

        /** Called when this is committed. */
        void framesGone(long runPk, long frames);

        /** The run, or its frames, are gone already. */
        void framesGoneBefore(long runPk);

        /**
         * The frames stay, since the transcript cannot be made or kept.
         *
         * @param why an {@link ApiException} of 503 if there is no memory now or the database does not answer; the fault is its cause
         */
        void transcriptFailed(long runPk, RuntimeException why);

        /** Called after each transaction; may rest. */
        void rest();

        /** Whether no more is to be begun. */
        boolean isStopping();
    }

    /**
     * Deletes the frames and the requests of runs that have ended. Leaves out runs whose end is not durable, and those that, or
     * whose frames, are deleted already or by another gateway just now; the frames of runs whose transcript cannot be made stay.
     * On PostgreSQL the commits do not wait for the disk: what is lost with the server is deleted again.
     *
     * @param connection in auto-commit mode
     * @throws SQLException if what was not yet told could not be deleted; with {@code 53100} if an embedded database has no room, see
     *     {@link Store#requireRoom}
     */
    void expire(Connection connection, List<Long> runPks, Progress progress) throws SQLException {
        Map<Long, Long> sizes = RunSizes.of(connection, runPks);
        List<Long> together = new ArrayList<>();
        long bytes = 0;
        for (long runPk : runPks) {
            together.add(runPk);
            bytes += sizes.getOrDefault(runPk, 0L);
            if (bytes >= ROW_BYTES) {
                expireTogether(connection, together, progress);
                together.clear();
                bytes = 0;
            }
        }
        if (!together.isEmpty()) {
            expireTogether(connection, together, progress);
        }
    }

    private void expireTogether(Connection connection, List<Long> runPks, Progress progress) throws SQLException {
        store.requireRoom();
        List<Run> runs;
        try {
            runs = QuarkusTransaction.requiringNew()
                    .call(() -> Run.getEntityManager().unwrap(Session.class).findMultiple(Run.class, runPks));
        } catch (RuntimeException e) {
            if (Retention.mayPass(e)) {
                throw e;
            }
            if (runPks.size() == 1) {
                progress.transcriptFailed(runPks.get(0), e);
                return;
            }
            // One of them cannot be read; the others can.
            for (long runPk : runPks) {
                expireTogether(connection, List.of(runPk), progress);
            }
            return;
        }
        Map<Long, Kept> kept = new LinkedHashMap<>();
        int bytes = 0;
        for (int i = 0; i < runs.size(); i++) {
            if (progress.isStopping()) {
                return;
            }
            @Nullable Run run = runs.get(i);
            if (run == null || run.framesExpiredAt != null) {
                progress.framesGoneBefore(runPks.get(i));
                continue;
            }
            @Nullable Kept of = kept(connection, run, progress);
            if (of != null) {
                kept.put(run.runPk, of);
                bytes += of.transcript.length;
            }
            if (bytes >= TRANSCRIPT_BYTES) {
                delete(connection, kept, progress);
                kept.clear();
                bytes = 0;
            }
        }
        if (!kept.isEmpty()) {
            delete(connection, kept, progress);
        }
    }

    /**
     * What is to be kept of a run.
     *
     * @param transcript what its transcript is made of from then on
     * @param digest that of its body, in hexadecimal digits; null if its row has it, or nobody knows it
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed on once and never compared.
    private record Kept(byte[] transcript, @Nullable String digest) {}

    /** What is to be kept of a run; null if its frames stay. */
    private @Nullable Kept kept(Connection connection, Run run, Progress progress) {
        if (journal.unended(run.runPk).isPresent()) {
            return null;
        }
        try {
            return new Kept(keeper.of(run), LateDigests.of(connection, store.engine(), run));
        } catch (RuntimeException e) {
            progress.transcriptFailed(run.runPk, e);
        } catch (SQLException e) {
            progress.transcriptFailed(
                    run.runPk, ApiException.of(ErrorCode.STORE_UNAVAILABLE, "The run's frames could not be read.", e));
        }
        return null;
    }

    private void delete(Connection connection, Map<Long, Kept> kept, Progress progress) throws SQLException {
        store.requireRoom();
        try {
            Map<Long, Long> gone = Transaction.losable(connection, store.engine(), () -> {
                Map<Long, Long> claimed = claim(connection, kept.keySet().toArray());
                if (!claimed.isEmpty()) {
                    kept.keySet().retainAll(claimed.keySet());
                    deleteClaimed(connection, kept);
                }
                return claimed;
            });
            gone.forEach(progress::framesGone);
            progress.rest();
        } catch (SQLException e) {
            if (!SqlFault.isOfTheRow(e)) {
                throw e;
            }
            deleteApart(connection, kept, progress, e);
        }
    }

    /** What one run is to blame for holds up none of the others. */
    private void deleteApart(Connection connection, Map<Long, Kept> kept, Progress progress, SQLException why)
            throws SQLException {
        if (kept.size() == 1) {
            progress.transcriptFailed(
                    kept.keySet().iterator().next(),
                    ApiException.of(ErrorCode.STORE_UNAVAILABLE, "The run's frames could not be deleted.", why));
            return;
        }
        for (Map.Entry<Long, Kept> each : kept.entrySet()) {
            delete(connection, new LinkedHashMap<>(Map.of(each.getKey(), each.getValue())), progress);
        }
    }

    /** Locks those runs that still have their frames. */
    private static Map<Long, Long> claim(Connection connection, Object[] runPks) throws SQLException {
        try (PreparedStatement claim = connection.prepareStatement(CLAIM)) {
            claim.setArray(1, connection.createArrayOf("bigint", runPks));
            try (ResultSet row = claim.executeQuery()) {
                Map<Long, Long> claimed = new LinkedHashMap<>();
                while (row.next()) {
                    claimed.put(row.getLong(1), row.getLong(2));
                }
                return claimed;
            }
        }
    }

    private void deleteClaimed(Connection connection, Map<Long, Kept> kept) throws SQLException {
        Map<Long, byte[]> transcripts = new LinkedHashMap<>();
        Map<Long, String> digests = new LinkedHashMap<>();
        kept.forEach((runPk, of) -> {
            transcripts.put(runPk, of.transcript);
            if (of.digest != null) {
                digests.put(runPk, of.digest);
            }
        });
        KeptTranscripts.write(connection, transcripts);
        LateDigests.write(connection, digests);
        new FrameDeletion(connection, store.engine(), store::requireRoom).ofAll(kept.keySet());
        try (PreparedStatement done = connection.prepareStatement(DONE)) {
            OffsetDateTime now = Instant.now().atOffset(ZoneOffset.UTC);
            done.setObject(1, now);
            done.setObject(2, now);
            done.setBytes(3, new byte[0]);
            done.setArray(4, connection.createArrayOf("bigint", kept.keySet().toArray()));
            done.executeUpdate();
        }
    }
}
