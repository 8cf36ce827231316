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

/** What a document tells of a run besides its messages. */
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

    private RunFacts() {}

    /**
     * A fact.
     *
     * @param value as it was recorded
     */
    record Fact(String name, String value) {}

    /** All that is known, in the order to read it in. */
    static List<Fact> of(RunSection section) {
        Run run = section.run();
        List<Fact> facts = new ArrayList<>();
        add(facts, "Status", status(section));
        add(facts, "Agent", run.agent);
        add(facts, "Agent API", run.upstream + " " + run.path);
        add(facts, "Model", run.model);
        add(facts, "Began", time(run.createdAt));
        if (!section.live()) {
            add(
                    facts,
                    "First event",
                    run.firstEventAt == null ? null : "after " + between(run.createdAt, run.firstEventAt));
            add(facts, "Ended", run.completedAt == null ? null : "after " + between(run.createdAt, run.completedAt));
            add(facts, "Tokens", tokens(run.usage));
            add(facts, "Iterations", run.iterations == null ? null : run.iterations.toString());
            add(facts, "Finish reason", run.finishReason);
        }
        if (!section.span().equals(FrameSpan.WHOLE)) {
            add(facts, "Frames", frames(section.span()));
        }
        return facts;
    }

    private static void add(List<Fact> facts, String name, @Nullable String value) {
        if (value != null) {
            facts.add(new Fact(name, value));
        }
    }

    private static String status(RunSection section) {
        if (section.live()) {
            return RunStatus.RUNNING.label() + ": this is what there is so far";
        }
        Run run = section.run();
        return run.reason == null ? run.status : run.status + ": " + run.reason;
    }

    /**
     * The error that ended the run.
     *
     * @return null if there is none
     */
    static @Nullable Fact error(RunSection section) {
        String error = section.live() ? null : section.run().error;
        if (error == null) {
            return null;
        }
        JsonNode told = Payload.parsed(error);
        return new Fact(told.path("code").asText(), told.path("message").asText());
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
