package io.runtape.journal;

import io.runtape.journal.sql.CommitBatch;
import io.runtape.journal.sql.RunWrite;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** What one commit writes, and the runs that are to hear what became of it. Confined to the committer's thread. */
final class RunBatch {

    private final CommitBatch rows = new CommitBatch();

    /** Whose each write is, in the order of the writes: so no object is made for a pair. */
    private final List<RunJournal> runs = new ArrayList<>();

    /** All that a batch holds of one run: a run that got more to write while the batch was gathered is in it twice. */
    static RunBatch of(RunJournal run, List<RunWrite> writes) {
        RunBatch batch = new RunBatch();
        writes.forEach(write -> batch.add(run, write));
        return batch;
    }

    void add(RunJournal run, RunWrite write) {
        rows.add(write);
        runs.add(run);
    }

    /** How many writes it holds. */
    int size() {
        return runs.size();
    }

    /** @param bytesMax bytes of frames and requests past which no further run may be taken along */
    boolean hasRoom(long bytesMax) {
        return rows.hasRoom(bytesMax);
    }

    /** What is written. */
    CommitBatch rows() {
        return rows;
    }

    /** Whether nothing of the run was written, since its idempotency key has another run. */
    boolean isKeyTaken(RunJournal run) {
        return rows.isKeyTaken(run.key());
    }

    /** The writes of each run, in the order they were added. */
    Map<RunJournal, List<RunWrite>> byRun() {
        Map<RunJournal, List<RunWrite>> byRun = new LinkedHashMap<>();
        forEach((run, write) ->
                byRun.computeIfAbsent(run, first -> new ArrayList<>()).add(write));
        return byRun;
    }

    /** Calls for each write and its run, in the order they were added. */
    void forEach(BiConsumer<RunJournal, RunWrite> call) {
        List<RunWrite> writes = rows.writes();
        for (int i = 0; i < runs.size(); i++) {
            call.accept(runs.get(i), writes.get(i));
        }
    }
}
