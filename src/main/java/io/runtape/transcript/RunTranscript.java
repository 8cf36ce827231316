package io.runtape.transcript;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The conversation and the tool calls of a run. */
@Schema(
        description = "What was said and done in a run.",
        requiredProperties = {"runId", "threadId", "messages", "truncated"})
record RunTranscript(
        @Schema(description = "The run.", examples = "run_019b76a0c5c17f3e8a0f52a3a3f7c9d1")
        String runId,

        @Schema(description = "Its thread.", examples = "thr_abc123")
        String threadId,

        @Schema(description = "In their order: what was asked, then what came of it.")
        List<TranscriptMessage> messages,

        @Schema(description = "Whether something was too long and is left out.")
        boolean truncated) {}
