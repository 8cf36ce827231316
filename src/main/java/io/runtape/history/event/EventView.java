package io.runtape.history.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.runtape.history.JsonText;
import java.math.BigDecimal;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A frame in JSON (docs/reference/http-api.md, "Events of a run"). */
@Schema(
        name = "Event",
        description = """
                A frame: one block of the event stream as it came over the wire. What does not apply to its kind is null: \
                `event`, `data` and `payload` belong to kind `event`, `data` and `payload` also to kind `response`, \
                `lastEventId` to kinds `event` and `comment`.""",
        requiredProperties = {
            "sequence",
            "kind",
            "runId",
            "threadId",
            "type",
            "event",
            "data",
            "lastEventId",
            "payload",
            "createdAt",
            "offsetMs",
            "bytes"
        })
record EventView(
        @Schema(
                description =
                        "Its place, without gaps: from 1 in a run; in a thread, the place of the run times 2^32 more.",
                examples = "7")
        long sequence,

        @Schema(
                description = """
                        `event`: a parser dispatches it. `comment`: it dispatches nothing. `part`: a piece of the block that a later \
                        frame completes. `tail`: what follows the last blank line. `response`: a body that is no event stream. \
                        `encoded`: a piece of a compressed body as it came.""",
                enumeration = {"event", "comment", "part", "tail", "response", "encoded"},
                examples = "event")
        String kind,

        @Schema(description = "The run.", examples = "run_019b76a0c5c17f3e8a0f52a3a3f7c9d1")
        String runId,

        @Schema(description = "The run's thread.", examples = "thr_abc123")
        String threadId,

        @Schema(
                nullable = true,
                description = "The event field, else the payload's `type`, else `message`; cut to 200 characters.",
                examples = "tool_call")
        @Nullable
        String type,

        @Schema(nullable = true, description = "The event's type as a parser sees it.", examples = "tool_call")
        @Nullable
        String event,

        @Schema(
                nullable = true,
                description = "The event's data as a parser sees it; of a response, its body.",
                examples = "{\"id\":\"call_1\",\"name\":\"shell\",\"arguments\":{\"command\":\"mvn test\"}}")
        @Nullable
        String data,

        @Schema(nullable = true, description = "The last event ID in force, empty where there is none.", examples = "")
        @Nullable
        String lastEventId,

        @Schema(
                nullable = true,
                implementation = Object.class,
                description = "The data as JSON; as a string where it is none.",
                examples = "{\"id\":\"call_1\",\"name\":\"shell\",\"arguments\":{\"command\":\"mvn test\"}}")
        @Nullable
        JsonText payload,

        @Schema(
                implementation = String.class,
                format = "date-time",
                description = "When it came.",
                examples = "2026-01-01T00:00:00.812402Z")
        Instant createdAt,

        @Schema(
                description = "Milliseconds from the run's beginning to its arrival, by a clock that never jumps.",
                examples = "812.402")
        BigDecimal offsetMs,

        @Schema(description = "The length of the frame.", examples = "143")
        int bytes,

        @Schema(
                type = SchemaType.STRING,
                format = "byte",
                description = "The frame's bytes in base64, where `include=raw` asks for them.")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        byte @Nullable [] raw,

        @Schema(description = "True where the event is over `RUNTAPE_MAX_FRAME`; its parts have it whole.")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Boolean truncated) {

    /** About how many characters the view holds: its cost in memory and when written. */
    long weight() {
        return bytes
                + (data == null ? 0 : data.length())
                + (lastEventId == null ? 0 : lastEventId.length())
                + (raw == null ? 0 : raw.length);
    }
}
