package io.runtape.history;

import io.runtape.journal.RunTotals;
import io.runtape.model.Run;
import io.runtape.model.RunStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** A run in JSON (contract, section 3). What is not known, or not known yet, is null. */
record RunView(
        String id,
        String threadId,
        @Nullable String agent,
        String path,
        String status,
        @Nullable String reason,
        boolean stream,
        @Nullable String prompt,
        JsonText metadata,
        JsonText config,
        @Nullable JsonText result,
        @Nullable JsonText usage,
        @Nullable Long iterations,
        @Nullable JsonText error,
        @Nullable Integer upstreamStatus,
        @Nullable String upstreamRunId,
        String owner,
        long eventCount,
        long frameCount,
        long byteCount,
        long lastSequence,
        Instant createdAt,
        @Nullable Instant firstEventAt,
        @Nullable Instant completedAt,
        @Nullable Long durationMs,
        @Nullable Long timeToFirstEventMs) {

    static RunView of(PresentRun run) {
        RunTotals live = run.live();
        return live == null ? ended(run.row()) : running(run.row(), live);
    }

    private static RunView ended(Run row) {
        return new RunView(
                row.id,
                row.threadId,
                row.agent,
                row.path,
                row.status,
                row.reason,
                row.stream,
                row.prompt,
                new JsonText(row.metadata),
                new JsonText(row.config),
                JsonText.orNull(row.result),
                JsonText.orNull(row.usage),
                row.iterations,
                JsonText.orNull(row.error),
                row.upstreamStatus,
                row.upstreamRunId,
                row.owner,
                row.eventCount,
                row.frameCount,
                row.byteCount,
                row.lastSequence,
                row.createdAt,
                row.firstEventAt,
                row.completedAt,
                millis(row.createdAt, row.completedAt),
                millis(row.createdAt, row.firstEventAt));
    }

    private static RunView running(Run row, RunTotals live) {
        Instant firstEventAt =
                live.firstOffsetMicros() < 0 ? null : row.createdAt.plus(live.firstOffsetMicros(), ChronoUnit.MICROS);
        return new RunView(
                row.id,
                row.threadId,
                row.agent,
                row.path,
                RunStatus.RUNNING.label(),
                null,
                row.stream,
                row.prompt,
                new JsonText(row.metadata),
                new JsonText(row.config),
                null,
                null,
                null,
                null,
                row.upstreamStatus,
                row.upstreamRunId,
                row.owner,
                live.events(),
                live.frames(),
                live.bytes(),
                live.frames(),
                row.createdAt,
                firstEventAt,
                null,
                null,
                millis(row.createdAt, firstEventAt));
    }

    private static @Nullable Long millis(Instant from, @Nullable Instant to) {
        return to == null ? null : Duration.between(from, to).toMillis();
    }
}
