package io.runtape.journal.sql;

import io.runtape.run.FrameBlock;
import io.runtape.run.RunKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A batch that the database may have committed without an answer: finds out what is in the tables. Confined to one thread. */
final class UnansweredBatch {

    private final Connection connection;
    private final List<RunWrite> writes;

    /** The runs that begin with the batch: without it they have no row. */
    private final Set<RunKey> begun = new HashSet<>();

    /** The runs that end with the batch: with it another gateway may delete them. */
    private final Set<RunKey> ended = new HashSet<>();

    /** @param connection a new one, see {@link BatchWriter#holds} */
    UnansweredBatch(Connection connection, CommitBatch batch) {
        this.connection = connection;
        this.writes = batch.writes();
        for (RunWrite write : writes) {
            if (write.start() != null) {
                begun.add(write.run());
            }
            if (write.end() != null) {
                ended.add(write.run());
            }
        }
    }

    /** Whether the tables hold the whole batch; it was written as one. */
    boolean isHeld() throws SQLException {
        for (RunWrite write : endsFirst()) {
            if (isHeld(write)) {
                return true;
            }
            if (provesAbsence(write)) {
                return false;
            }
            // If no other write proves more, nothing was committed or there was nothing to commit, and the batch can be
            // written again.
        }
        return false;
    }

    /** What other writes have brought of a run that has ended, such as frames, another gateway may have deleted since. */
    private List<RunWrite> endsFirst() {
        List<RunWrite> inOrder = new ArrayList<>(writes);
        inOrder.sort(Comparator.comparing(write -> write.end() == null));
        return inOrder;
    }

    /**
     * Whether a write that is not there was not committed. A run that is missing may have found its key taken, or, if it has
     * ended, another gateway has deleted it since.
     */
    private boolean provesAbsence(RunWrite write) throws SQLException {
        return write.start() == null
                ? exists("select 1 from run where run_pk = ?", write.run().pk(), null)
                : !write.claimsKey() && !ended.contains(write.run());
    }

    /** The runs that are not there, since others had their keys; of a batch that is held. */
    Set<RunKey> absentClaims() throws SQLException {
        Set<RunKey> absent = new HashSet<>();
        for (RunWrite write : writes) {
            if (write.claimsKey() && !isHeld(write)) {
                absent.add(write.run());
            }
        }
        return absent;
    }

    private boolean isHeld(RunWrite write) throws SQLException {
        long pk = write.run().pk();
        // Before its frames, which may be packed, or expired, as soon as it has ended.
        if (write.end() != null) {
            // A run that had a row is deleted only once it has ended.
            return begun.contains(write.run())
                    ? exists("select 1 from run where run_pk = ? and status <> 'running'", pk, null)
                    : !exists("select 1 from run where run_pk = ? and status = 'running'", pk, null);
        }
        FrameBlock block = write.frames();
        if (block != null) {
            return exists("select 1 from block where run_pk = ? and last_sequence = ?", pk, block.last());
        }
        if (write.head() != null) {
            return exists("select 1 from run where run_pk = ? and thread_ordinal is not null", pk, null);
        }
        if (write.upstreamRunId() != null) {
            return exists("select 1 from run where run_pk = ? and upstream_run_id is not null", pk, null);
        }
        return exists("select 1 from run where run_pk = ?", pk, null);
    }

    private boolean exists(String query, long pk, @Nullable Long sequence) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(query)) {
            select.setLong(1, pk);
            if (sequence != null) {
                select.setLong(2, sequence);
            }
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }
}
