package io.runtape.archive;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.Json;
import io.runtape.dialect.RunDigest;
import io.runtape.dialect.Usage;
import io.runtape.json.LeanTree;
import io.runtape.run.ChosenId;
import io.runtape.run.RunReason;
import io.runtape.run.RunStart;
import io.runtape.run.RunStatus;
import io.runtape.run.ThreadTitle;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A run as its first line in an archive tells of it: checked member by member, so that the history takes nothing that the
 * gateway would not have written itself.
 */
final class ImportedRun {

    /** Longer than any id. */
    static final int ID_CHARS_MAX = 64;

    private static final int THREAD_CHARS_MAX = 128;
    private static final int NAME_CHARS_MAX = 200;
    private static final int WORD_CHARS_MAX = 32;
    private static final int FINISH_CHARS_MAX = 100;

    /** More than the first line of a call has room for, 4 KiB unless it is set to more; each character may become three. */
    private static final int PATH_CHARS_MAX = 192 << 10;

    /** An error has two texts, its code and its message, and their names. */
    private static final int ERROR_CHARS_MAX = 2 * RunDigest.KEPT_CHARS_MAX + 100;

    /** The reasons that a run may have. */
    private static final String REASONS =
            Arrays.stream(RunReason.values()).map(RunReason::label).collect(Collectors.joining(", "));

    final String id;
    final String threadId;
    final @Nullable ImportedThread thread;
    final @Nullable String agent;
    final String path;
    final String upstream;
    final String status;
    final @Nullable String reason;
    final boolean cut;
    final boolean stream;
    final @Nullable String prompt;
    final String metadata;
    final String config;
    final @Nullable String result;
    final @Nullable String usage;
    final @Nullable Long iterations;
    final @Nullable String error;
    final @Nullable String model;
    final @Nullable String finishReason;
    final @Nullable String dialect;
    final @Nullable String upstreamRunId;
    final @Nullable String digest;
    final long eventCount;
    final long frameCount;
    final long byteCount;
    final Instant createdAt;
    final @Nullable Instant firstEventAt;
    final Instant completedAt;

    /**
     * @param keepsPlace whether the run gets the place in its thread that it had, and not none
     * @throws DamagedRunException if a member is missing, or no run can have it
     */
    ImportedRun(ArchiveLine line, boolean keepsPlace) {
        id = idOf(line);
        threadId = matching("threadId", line.text("threadId", THREAD_CHARS_MAX));
        ArchiveLine of = line.objectOrNull("thread");
        ImportedThread place = of == null ? null : new ImportedThread(of);
        thread = keepsPlace ? place : null;
        agent = line.textOrNull("agent", NAME_CHARS_MAX);
        path = line.text("path", PATH_CHARS_MAX);
        upstream = line.text("upstream", WORD_CHARS_MAX);
        status = status(line);
        reason = reason(line);
        cut = line.is("cut");
        stream = line.is("stream");
        prompt = line.textOrNull("prompt", RunStart.PROMPT_CHARS_MAX);
        metadata = line.jsonObject("metadata", RunStart.OBJECT_CHARS_MAX);
        config = line.jsonObject("config", RunStart.OBJECT_CHARS_MAX);
        result = line.jsonOrNull("result", RunDigest.KEPT_CHARS_MAX);
        usage = usage(line);
        iterations = line.numberOrNull("iterations", Long.MIN_VALUE, Long.MAX_VALUE);
        error = line.jsonOrNull("error", ERROR_CHARS_MAX);
        model = line.textOrNull("model", NAME_CHARS_MAX);
        finishReason = line.textOrNull("finishReason", FINISH_CHARS_MAX);
        dialect = line.textOrNull("dialect", WORD_CHARS_MAX);
        upstreamRunId = line.textOrNull("upstreamRunId", NAME_CHARS_MAX);
        digest = line.digestOrNull("digest");
        frameCount = line.number("frameCount", 0, Integer.MAX_VALUE);
        eventCount = line.number("eventCount", 0, frameCount);
        byteCount = line.number("byteCount", 0, Long.MAX_VALUE);
        createdAt = line.time("createdAt");
        firstEventAt = line.timeOrNull("firstEventAt");
        completedAt = line.time("completedAt");
        if (completedAt.isBefore(createdAt)) {
            throw new DamagedRunException("completedAt is before createdAt");
        }
    }

    /** How many bytes of memory its long texts take, at most. */
    long textBytes() {
        long chars = path.length()
                + metadata.length()
                + config.length()
                + length(prompt)
                + length(result)
                + length(usage)
                + length(error);
        return Character.BYTES * chars;
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    /** The run's id, which a line of its own names. */
    static String idOf(ArchiveLine line) {
        return matching("id", line.text("id", ID_CHARS_MAX));
    }

    private static String matching(String name, String value) {
        if (!ChosenId.isFit(value)) {
            throw new DamagedRunException(name + " may hold letters, digits and . _ : - alone");
        }
        return value;
    }

    private static String status(ArchiveLine line) {
        String status = line.text("status", WORD_CHARS_MAX);
        if (RunStatus.ofLabel(status)
                .filter(known -> known != RunStatus.RUNNING)
                .isEmpty()) {
            throw new DamagedRunException("status must be completed, failed or cancelled");
        }
        return status;
    }

    private static @Nullable String reason(ArchiveLine line) {
        String reason = line.textOrNull("reason", WORD_CHARS_MAX);
        if (reason != null
                && Arrays.stream(RunReason.values())
                        .noneMatch(known -> known.label().equals(reason))) {
            throw new DamagedRunException("reason must be null, or one of: " + REASONS);
        }
        return reason;
    }

    private static @Nullable String usage(ArchiveLine line) {
        String usage = line.jsonOrNull("usage", RunDigest.KEPT_CHARS_MAX);
        @Nullable JsonNode counts = usage == null ? null : LeanTree.read(usage, Set.of());
        if (usage == null || counts == null) {
            return usage;
        }
        if (!counts.isObject()) {
            throw new DamagedRunException("usage must be an object");
        }
        for (String name : Usage.COUNTS) {
            JsonNode count = counts.path(name);
            boolean isCount = count.isIntegralNumber() && count.canConvertToLong() && count.longValue() >= 0;
            if (Json.isGiven(count) && !isCount) {
                throw new DamagedRunException("usage." + name + " must be a whole number, or null");
            }
        }
        return usage;
    }

    /** What the line tells of the run's thread. */
    static final class ImportedThread {

        /** Leaves room for as many runs again that are recorded in the thread. */
        private static final int ORDINAL_MAX = 1 << 30;

        /** Of each code point, the redaction of an earlier version may have made four asterisks. */
        private static final int TITLE_CHARS_MAX = 4 * ThreadTitle.GIVEN_CHARS_MAX;

        final long ordinal;
        final @Nullable String title;
        final @Nullable String agent;
        final boolean archived;
        final Instant createdAt;
        final Instant updatedAt;

        private ImportedThread(ArchiveLine line) {
            ordinal = line.number("ordinal", 1, ORDINAL_MAX);
            title = line.textOrNull("title", TITLE_CHARS_MAX);
            agent = line.textOrNull("agent", NAME_CHARS_MAX);
            archived = line.is("archived");
            createdAt = line.time("createdAt");
            updatedAt = line.time("updatedAt");
        }
    }
}
