package io.runtape.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A run as an archive has it: of any time and any pace, so that no test has to wait for its pauses. */
final class ArchivedRun {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long WORD_US = 42_000;

    private record Frame(long offsetUs, String type, String text) {}

    private final String id = "run_" + UUID.randomUUID().toString().replace("-", "");
    private final String thread;
    private final int ordinal;
    private final String agent;
    private final String prompt;
    private final Instant createdAt;
    private final List<Frame> frames = new ArrayList<>();
    private long now;
    private int calls;
    private String result = "";
    private Map<String, Object> usage;
    private Map<String, Object> error;

    private ArchivedRun(String thread, int ordinal, String agent, String prompt, Instant createdAt) {
        this.thread = thread;
        this.ordinal = ordinal;
        this.agent = agent;
        this.prompt = prompt;
        this.createdAt = createdAt;
    }

    /** Begins a run, the so manieth of its thread, from 1; its first event comes after so many milliseconds. */
    static ArchivedRun of(String thread, int ordinal, String agent, String prompt, Instant createdAt, long firstMs) {
        return new ArchivedRun(thread, ordinal, agent, prompt, createdAt)
                .after(firstMs)
                .event("run_started", Map.of());
    }

    String id() {
        return id;
    }

    ArchivedRun after(long millis) {
        now += millis * 1000;
        return this;
    }

    ArchivedRun event(String type, Map<String, Object> data) {
        try {
            frames.add(new Frame(now, type, "event: " + type + "\ndata: " + JSON.writeValueAsString(data) + "\n\n"));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
        return this;
    }

    private ArchivedRun words(String type, String text) {
        for (String word : text.split("(?<= )")) {
            now += WORD_US;
            event(type, Map.of("delta", word));
        }
        return this;
    }

    ArchivedRun think(String text) {
        return words("assistant_thinking_delta", text);
    }

    ArchivedRun say(String text) {
        result = text;
        return words("assistant_message_delta", text);
    }

    /** A call, and its output after so long. */
    ArchivedRun tool(String name, Map<String, Object> arguments, long millis, int exitCode, String output) {
        String call = "call_" + ++calls;
        event("tool_call", Map.of("toolCallId", call, "name", name, "arguments", arguments));
        after(millis);
        return event("tool_result", Map.of("toolCallId", call, "name", name, "output", output, "exitCode", exitCode));
    }

    ArchivedRun complete(int input, int output) {
        usage = Map.of("inputTokens", input, "outputTokens", output);
        return after(60).event("run_completed", Map.of("status", "completed", "usage", usage, "result", result));
    }

    ArchivedRun fail(String code, String message) {
        error = Map.of("code", code, "message", message);
        return after(60).event("run_failed", Map.of("error", error));
    }

    private String line(Object... members) {
        Map<String, Object> line = new LinkedHashMap<>();
        for (int i = 0; i < members.length; i += 2) {
            line.put((String) members[i], members[i + 1]);
        }
        try {
            return JSON.writeValueAsString(line) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private String lines() {
        StringBuilder body = new StringBuilder();
        frames.forEach(frame -> body.append(frame.text()));
        String digest = "sha-256:" + sha256(body.toString());
        Instant end = createdAt.plusNanos(now * 1000);
        Map<String, Object> threadNow = new LinkedHashMap<>();
        threadNow.put("ordinal", ordinal);
        threadNow.put("title", prompt);
        threadNow.put("agent", agent);
        threadNow.put("archived", false);
        threadNow.put("createdAt", createdAt.toString());
        threadNow.put("updatedAt", end.toString());
        StringBuilder archive = new StringBuilder(line(
                "line",
                "run",
                "id",
                id,
                "threadId",
                thread,
                "thread",
                threadNow,
                "agent",
                agent,
                "path",
                "/v1/run",
                "upstream",
                "default",
                "status",
                error == null ? "completed" : "failed",
                "reason",
                error == null ? null : "upstream_error",
                "cut",
                false,
                "stream",
                true,
                "prompt",
                prompt,
                "metadata",
                Map.of(),
                "config",
                Map.of(),
                "result",
                error == null ? result : null,
                "usage",
                usage,
                "iterations",
                null,
                "error",
                error,
                "model",
                "demo-1",
                "finishReason",
                null,
                "dialect",
                "runtools",
                "upstreamRunId",
                null,
                "digest",
                digest,
                "eventCount",
                frames.size(),
                "frameCount",
                frames.size(),
                "byteCount",
                body.toString().getBytes(UTF_8).length,
                "createdAt",
                createdAt.toString(),
                "firstEventAt",
                createdAt.plusNanos(frames.get(0).offsetUs() * 1000).toString(),
                "completedAt",
                end.toString()));
        archive.append(line(
                "line",
                "request",
                "run",
                id,
                "type",
                "application/json",
                "text",
                line("agent", agent, "prompt", prompt, "stream", true).strip()));
        archive.append(line(
                "line",
                "head",
                "run",
                id,
                "status",
                200,
                "headers",
                List.of(List.of("Content-Type", "text/event-stream"))));
        int sequence = 0;
        for (Frame frame : frames) {
            archive.append(line(
                    "line",
                    "frame",
                    "run",
                    id,
                    "sequence",
                    ++sequence,
                    "offsetUs",
                    frame.offsetUs(),
                    "kind",
                    "event",
                    "type",
                    frame.type(),
                    "text",
                    frame.text()));
        }
        return archive.append(line("line", "end", "run", id, "frames", sequence, "digest", digest))
                .toString();
    }

    /** All of them as an archive. */
    static String archive(List<ArchivedRun> runs) {
        StringBuilder archive = new StringBuilder("{\"line\":\"archive\",\"format\":\"runtape\",\"version\":1}\n");
        runs.forEach(run -> archive.append(run.lines()));
        return archive.append("{\"line\":\"archiveEnd\",\"runs\":" + runs.size() + "}\n")
                .toString();
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
