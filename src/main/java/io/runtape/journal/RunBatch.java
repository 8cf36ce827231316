package io.runtape.journal;

import io.runtape.journal.sql.CommitBatch;
import io.runtape.journal.sql.RunWrite;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** The writes of one commit, with the runs to notify of its outcome. Confined to the committer's thread. */
final class RunBatch {

    private final CommitBatch rows = new CommitBatch();

    /** The run of each write, in the order of the writes: a separate list saves an object for each pair. */
    private final List<RunJournal> runs = new ArrayList<>();

    /** A batch with all writes of one run: a run that got more to write while the batch was gathered is in it twice. */
    static RunBatch of(RunJournal run, List<RunWrite> writes) {
        RunBatch batch = new RunBatch();
        writes.forEach(write -> batch.add(run, write));
        return batch;
    }

    void add(RunJournal run, RunWrite write) {
        rows.add(write);
        runs.add(run);
    }

    /** How many writes the batch holds. */
    int size() {
        return runs.size();
    }

    /** @param bytesMax bytes of frames and requests past which the batch takes no further run */
    boolean hasRoom(long bytesMax) {
        return rows.hasRoom(bytesMax);
    }

    /** What is written. */
    CommitBatch rows() {
        return rows;
    }

    /** Whether the run was not written because another run has its idempotency key. */
    boolean isKeyTaken(RunJournal run) {
        return rows.isKeyTaken(run.key());
    }

    /** The writes of each run, in the order of adding. */
    Map<RunJournal, List<RunWrite>> byRun() {
        Map<RunJournal, List<RunWrite>> byRun = new LinkedHashMap<>();
        forEach((run, write) ->
                byRun.computeIfAbsent(run, first -> new ArrayList<>()).add(write));
        return byRun;
    }

    /** Calls back for each write and its run, in the order of adding. */
    void forEach(BiConsumer<RunJournal, RunWrite> call) {
        List<RunWrite> writes = rows.writes();
        for (int i = 0; i < runs.size(); i++) {
            call.accept(runs.get(i), writes.get(i));
        }
    }
}
