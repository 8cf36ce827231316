package io.runtape.transcript;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A transcript for people, before it is written as Markdown or HTML.
 *
 * @param subject {@code run} or {@code thread}
 * @param id the id of that
 * @param title the thread's title; null if it has none, and for a run
 * @param sections its runs in their order; they can be read once
 * @param truncated whether something was too long and is left out
 */
record TranscriptDocument(
        String subject, String id, @Nullable String title, List<RunSection> sections, boolean truncated) {}
