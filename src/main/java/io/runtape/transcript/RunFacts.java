package io.runtape.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.Payload;
import io.runtape.dialect.Role;
import io.runtape.run.Run;
import io.runtape.run.RunStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a document tells of a run besides its messages. It does not hold the run's row, which has its whole prompt. */
public final class RunFacts {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd HH:mm:ss.SSS 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /** The counts of a run's usage, as documents name them. */
    private static final Map<String, String> TOKENS = Map.of(
            "inputTokens", "input",
            "outputTokens", "output",
            "cachedInputTokens", "from the cache",
            "cacheWriteTokens", "to the cache",
            "reasoningTokens", "reasoning");

    private static final List<String> TOKENS_IN_ORDER =
            List.of("inputTokens", "cachedInputTokens", "cacheWriteTokens", "outputTokens", "reasoningTokens");

    private final String id;
    private final List<Fact> all = new ArrayList<>();
    private final @Nullable Fact error;
    private final String errorHeading;

    /**
     * @param run its row; of a live run, only what its beginning and its head tell is valid
     * @param live whether the run may go on
     * @param span the frames that are told
     */
    RunFacts(Run run, boolean live, FrameSpan span) {
        this.id = run.id;
        this.error = live ? null : error(run.error);
        this.errorHeading = errorHeading(run.status);
        add("Status", live ? RunStatus.RUNNING.label() + ": this is what there is so far" : status(run));
        add("Agent", run.agent);
        add("Agent API", run.upstream + " " + run.path);
        add("Model", run.model);
        add("Began", time(run.createdAt));
        if (!live) {
            add("First event", run.firstEventAt == null ? null : "after " + between(run.createdAt, run.firstEventAt));
            add("Ended", run.completedAt == null ? null : "after " + between(run.createdAt, run.completedAt));
            add("Tokens", tokens(run.usage));
            add("Iterations", run.iterations == null ? null : run.iterations.toString());
            add("Finish reason", run.finishReason);
        }
        if (!span.equals(FrameSpan.WHOLE)) {
            add("Frames", frames(span));
        }
    }

    /**
     * A fact.
     *
     * @param value as it was recorded
     */
    record Fact(String name, String value) {

        private int chars() {
            return name.length() + value.length();
        }
    }

    /** The run's id. */
    String id() {
        return id;
    }

    /** All that is known, in the order to read it in. */
    List<Fact> all() {
        return all;
    }

    /** The error that ended the run; null if there is none. */
    @Nullable
    Fact error() {
        return error;
    }

    /** What the error is, since it does not tell how its run ended. */
    String errorHeading() {
        return errorHeading;
    }

    /** How many characters it has in all. */
    long chars() {
        long chars = id.length() + (error == null ? 0 : error.chars());
        for (Fact fact : all) {
            chars += fact.chars();
        }
        return chars;
    }

    private void add(String name, @Nullable String value) {
        if (value != null) {
            all.add(new Fact(name, value));
        }
    }

    private static String status(Run run) {
        return run.reason == null ? run.status : run.status + ": " + run.reason;
    }

    private static @Nullable Fact error(@Nullable String error) {
        if (error == null) {
            return null;
        }
        JsonNode told = Payload.parsed(error);
        return new Fact(told.path("code").asText(), told.path("message").asText());
    }

    private static String errorHeading(String status) {
        if (status.equals(RunStatus.FAILED.label())) {
            return "The run failed";
        }
        return status.equals(RunStatus.CANCELLED.label()) ? "The run was cancelled" : "Error";
    }

    private static @Nullable String tokens(@Nullable String usage) {
        if (usage == null) {
            return null;
        }
        JsonNode counts = Payload.parsed(usage);
        List<String> told = new ArrayList<>();
        for (String name : TOKENS_IN_ORDER) {
            if (counts.path(name).isIntegralNumber()) {
                told.add(String.format(Locale.ROOT, "%,d %s", counts.path(name).longValue(), TOKENS.get(name)));
            }
        }
        return told.isEmpty() ? null : String.join(", ", told);
    }

    private static String frames(FrameSpan span) {
        return span.to() == Long.MAX_VALUE ? "only from " + span.from() : "only " + span.from() + " to " + span.to();
    }

    /** The speaker of a message. */
    public static String title(Role role) {
        return switch (role) {
            case SYSTEM -> "System";
            case USER -> "User";
            case ASSISTANT -> "Assistant";
            case TOOL -> "Tool";
        };
    }

    /** A time in UTC, to the millisecond. */
    public static String time(Instant at) {
        return TIME.format(at);
    }

    private static String between(Instant from, Instant to) {
        Duration time = Duration.between(from, to);
        long minutes = time.toMinutes();
        String seconds = String.format(Locale.ROOT, "%d.%03d s", time.toSecondsPart(), time.toMillisPart());
        return minutes == 0 ? seconds : minutes + " min " + seconds;
    }
}
