package io.runtape.transcript;

import io.runtape.dialect.OpenMessage;
import io.runtape.run.Run;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run in a document.
 *
 * @param run its row; of a live run, only what its beginning and its head tell is valid
 * @param live whether the run may go on
 * @param span the frames that are told
 * @param messages in their order; they can be read once
 * @param open the messages behind those of a live run, whose parts may go on
 * @param firstEventAt when the first frame came, for those
 */
record RunSection(
        Run run,
        boolean live,
        FrameSpan span,
        List<TranscriptMessage> messages,
        List<OpenMessage> open,
        @Nullable Instant firstEventAt) {}
