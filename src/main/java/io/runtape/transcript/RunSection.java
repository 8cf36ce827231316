package io.runtape.transcript;

import io.runtape.dialect.OpenMessage;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run in a document.
 *
 * @param facts what is told of it besides its messages
 * @param live whether the run may go on
 * @param asked the messages of the request in their order; they can be read once
 * @param said those of the response, in the same way
 * @param open what comes behind those of a live run, whose parts may go on
 * @param firstEventAt when the first frame came, for those
 */
record RunSection(
        RunFacts facts,
        boolean live,
        List<TranscriptMessage> asked,
        List<TranscriptMessage> said,
        List<OpenMessage> open,
        @Nullable Instant firstEventAt) {}
