package io.runtape.transcript;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was said and done in a thread.
 *
 * @param threadId the thread
 * @param title its title, where it has one
 * @param messages in their order, run by run; what a request repeats of earlier runs is in it once
 * @param truncated whether something was too long and is left out
 */
record ThreadTranscript(String threadId, @Nullable String title, List<TranscriptMessage> messages, boolean truncated) {}
