package io.runtape.transcript;

import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One turn of a conversation, and the run that it belongs to.
 *
 * @param role who speaks
 * @param parts what is said and done, in its order
 * @param runId the run in which it was first seen
 * @param createdAt when that run began, for what it was asked; when its first event came, for what it answered
 */
record TranscriptMessage(
        Role role, List<Part> parts, String runId, @Nullable Instant createdAt) {}
