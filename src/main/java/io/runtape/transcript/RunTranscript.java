package io.runtape.transcript;

import java.util.List;

/**
 * What was said and done in a run.
 *
 * @param runId the run
 * @param threadId its thread
 * @param messages in their order: what was asked, then what came of it
 * @param truncated whether something was too long and is left out
 */
record RunTranscript(String runId, String threadId, List<TranscriptMessage> messages, boolean truncated) {}
