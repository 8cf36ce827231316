package io.runtape.archive;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts what becomes of the runs of an archive, and keeps the first problems. Confined to one thread at a time. */
final class ImportTally {

    private static final int PROBLEMS_MAX = 100;

    private long imported;
    private long skipped;
    private long conflicts;
    private long refused;
    private final List<ImportProblem> problems = new ArrayList<>();

    void imported() {
        imported++;
    }

    void skipped() {
        skipped++;
    }

    void conflict(long line, @Nullable String id, String reason) {
        conflicts++;
        keep(new ImportProblem(line, id, ImportProblem.CONFLICT, reason));
    }

    /** Returns the refusal, which may be {@linkplain #withdraw withdrawn}. */
    ImportProblem refused(long line, @Nullable String id, String reason) {
        refused++;
        ImportProblem refusal = new ImportProblem(line, id, ImportProblem.REFUSED, reason);
        keep(refusal);
        return refusal;
    }

    /** The run has come again. */
    void withdraw(ImportProblem refusal) {
        refused--;
        problems.remove(refusal);
    }

    private void keep(ImportProblem problem) {
        if (problems.size() < PROBLEMS_MAX) {
            problems.add(problem);
        }
    }

    /** The archive itself is damaged, whatever its runs are. Told beside the first problems, however many these are. */
    void damaged(long line, String reason) {
        problems.add(new ImportProblem(line, null, ImportProblem.REFUSED, reason));
    }

    /** @param complete whether the archive had its last line */
    ImportSummary summary(boolean complete) {
        return new ImportSummary(imported, skipped, conflicts, refused, complete, List.copyOf(problems));
    }
}
