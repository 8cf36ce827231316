package io.runtape.transcript;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The conversation and the tool calls of a thread. */
@Schema(
        description = "What was said and done in a thread.",
        requiredProperties = {"threadId", "title", "messages", "truncated"})
record ThreadTranscript(
        @Schema(description = "The thread.", examples = "thr_abc123")
        String threadId,

        @Schema(nullable = true, description = "Its title, where it has one.", examples = "Fix the build") @Nullable
        String title,

        @Schema(description = "In their order, run by run; what a request repeats of earlier runs is there once.")
        List<TranscriptMessage> messages,

        @Schema(description = "Whether something was too long and is left out.")
        boolean truncated) {}
