package io.runtape.transcript;

import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** One turn of a conversation, and the run that it belongs to. */
@Schema(
        name = "Message",
        description = "One turn of a conversation.",
        requiredProperties = {"role", "parts", "runId", "createdAt"})
record TranscriptMessage(
        @Schema(
                implementation = String.class,
                description = "Who speaks.",
                enumeration = {"system", "user", "assistant", "tool"},
                examples = "assistant")
        Role role,

        @Schema(description = "What is said and done, in its order.")
        List<Part> parts,

        @Schema(description = "The run in which it was first seen.", examples = "run_019b76a0c5c17f3e8a0f52a3a3f7c9d1")
        String runId,

        @Schema(
                nullable = true,
                implementation = String.class,
                format = "date-time",
                description =
                        "When that run began, for what was asked; when its first frame came, for what it answered.",
                examples = "2026-01-01T00:00:00.412000Z")
        @Nullable
        Instant createdAt) {}
