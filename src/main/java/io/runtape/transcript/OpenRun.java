package io.runtape.transcript;

import io.runtape.dialect.OpenTranscript;
import io.runtape.run.Run;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The transcript of a run that may go on.
 *
 * @param run the run
 * @param sequence the last sequence that it covers; 0 if it covers no frame yet
 * @param messages what was asked, and of an ended run that fits also what came of it
 * @param response what came so far, as far as it fits, of a run that goes on or is longer; empty as long as nothing of its dialect has
 *     come
 * @param firstEventAt when the first frame of that came
 * @param truncated whether something was too long and is left out
 */
record OpenRun(
        Run run,
        long sequence,
        List<TranscriptMessage> messages,
        Optional<OpenTranscript> response,
        @Nullable Instant firstEventAt,
        boolean truncated) {}
