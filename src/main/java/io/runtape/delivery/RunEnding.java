package io.runtape.delivery;

import org.jspecify.annotations.Nullable;

/**
 * How a run ended, as its readers see it.
 *
 * @param runId the run's public id
 * @param status the label of its status
 * @param reason the label of its reason
 * @param lastSequence the sequence of its last frame, 0 if it has none
 * @param cut whether the response broke off
 */
record RunEnding(String runId, String status, @Nullable String reason, long lastSequence, boolean cut) {}
