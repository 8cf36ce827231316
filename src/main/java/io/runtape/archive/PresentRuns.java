package io.runtape.archive;

import io.runtape.access.Owner;
import io.runtape.archive.ImportedRows.Present;
import io.runtape.archive.ImportedRun.ImportedThread;
import io.runtape.run.BodyDigest;
import io.runtape.run.DamagedFramesException;
import io.runtape.run.FrameReader;
import io.runtape.store.Engine;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells the runs of an archive from what the history has in their place. A run is the same if its id and the digest of its
 * body are. Blocks; confined to one thread at a time.
 */
final class PresentRuns {

    /** Digests that were made of runs' frames, and are remembered: an archive may have the same runs many times over. */
    private static final int DIGESTS_MAX = 1000;

    private final Owner owner;
    private final Engine engine;

    /** By the keys of the runs; empty where the frames are gone or damaged. */
    private final Map<Long, Optional<String>> digests = new HashMap<>();

    /** @param owner whose runs they are */
    PresentRuns(Owner owner, Engine engine) {
        this.owner = owner;
        this.engine = engine;
    }

    /**
     * Why a run of the history cannot be taken for the run of the archive with the same id; empty if they are the same.
     *
     * @param stated the digest of the run's body that the archive states
     */
    Optional<String> difference(ImportedRows rows, Present present, ImportedRun run, String stated)
            throws SQLException {
        if (!present.ended()) {
            return Optional.of("the history's run of that id has not ended");
        }
        @Nullable String known = present.digest() == null ? digest(rows, present.runPk(), run) : present.digest();
        if (known == null) {
            return Optional.of(
                    present.expired()
                            ? "the frames of the history's run of that id have expired, and its digest was never known:"
                                    + " delete that run first"
                            : "the history's run of that id has no digest yet");
        }
        return known.equals(stated) ? Optional.empty() : Optional.of("the history's run of that id has another digest");
    }

    /** The digest of a run whose gateway was lost, and which is not packed; null if its frames are gone or damaged. */
    private @Nullable String digest(ImportedRows rows, long runPk, ImportedRun run) throws SQLException {
        Optional<String> known = digests.get(runPk);
        if (known == null) {
            known = ofFrames(rows, runPk);
            if (digests.size() >= DIGESTS_MAX) {
                digests.clear();
            }
            digests.put(runPk, known);
        }
        boolean areGone = run.frameCount > 0 && known.equals(Optional.of(new BodyDigest().hex()));
        return areGone ? null : known.orElse(null);
    }

    private Optional<String> ofFrames(ImportedRows rows, long runPk) throws SQLException {
        BodyDigest body = new BodyDigest();
        try {
            FrameReader.addTo(body, rows.connection(), engine, runPk);
            return Optional.of(body.hex());
        } catch (DamagedFramesException e) {
            return Optional.empty();
        }
    }

    /** Why the run cannot get its place in its thread: another run has it. Empty if none has, or the run itself. */
    Optional<String> inItsPlace(ImportedRows rows, ImportedRun run) throws SQLException {
        ImportedThread thread = run.thread;
        return thread == null
                ? Optional.empty()
                : rows.at(owner, run.threadId, thread.ordinal)
                        .filter(id -> !id.equals(run.id))
                        .map(id -> "the run " + id + " has its place in the thread " + run.threadId);
    }
}
