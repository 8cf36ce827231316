package io.runtape.transcript;

import io.runtape.dialect.Dialect;
import io.runtape.dialect.Dialects;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.run.FrameReader;
import io.runtape.run.KeptTranscripts;
import io.runtape.run.RequestReader;
import io.runtape.run.Run;
import io.runtape.sse.FrameSize;
import io.runtape.upstream.Upstream;
import io.runtape.upstream.Upstreams;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What transcripts are made of. Blocks; safe for any thread. */
@Singleton
final class TranscriptSources {

    /**
     * Bytes of requests and events for one transcript: 32 MiB, which is more than anybody reads, or a sixteenth of the
     * heap if that is less. The rest is left out, since the whole transcript is in memory until it is sent. Not a
     * constant: a native image would take the heap of the build machine.
     */
    private final long bytesMax = Math.min(32L << 20, Runtime.getRuntime().maxMemory() / 16);

    private final Journal journal;
    private final FrameReader frames;
    private final RequestReader requests;
    private final KeptTranscripts kept;
    private final Dialects dialects;
    private final Upstreams upstreams;
    private final int eventBytesMax;

    TranscriptSources(
            Journal journal,
            FrameReader frames,
            RequestReader requests,
            KeptTranscripts kept,
            Dialects dialects,
            Upstreams upstreams,
            TranscriptConfig config) {
        this.journal = journal;
        this.frames = frames;
        this.requests = requests;
        this.kept = kept;
        this.dialects = dialects;
        this.upstreams = upstreams;
        this.eventBytesMax = FrameSize.max(config.maxFrame().asLongValue());
    }

    Journal journal() {
        return journal;
    }

    FrameReader frames() {
        return frames;
    }

    RequestReader requests() {
        return requests;
    }

    KeptTranscripts kept() {
        return kept;
    }

    /** Bytes of requests and events for one transcript at most. */
    long bytesMax() {
        return bytesMax;
    }

    /** Bytes of an event at most. */
    int eventBytesMax() {
        return eventBytesMax;
    }

    /** The row tells the dialect once the run has ended; until then the settings do, as they do while it is recorded. */
    Dialect dialectOf(Run run) {
        return dialectOf(run, run.dialect);
    }

    /** @param name the dialect's name, if it is known */
    Dialect dialectOf(Run run, @Nullable String name) {
        Optional<Upstream> upstream = upstreams.named(run.upstream);
        return dialects.ofRun(
                name,
                upstream.map(Upstream::dialect).orElse(Upstream.AUTO),
                upstream.map(at -> at.without(run.path)).orElse(run.path));
    }

    /** Whether the run's transcript can no longer change: its row has the end, and the end is durable. */
    boolean hasEnded(Run run) {
        return !run.running() && journal.unended(run.runPk).isEmpty();
    }

    /** The last durable frame of a run. */
    long lastSequence(Run run) throws SQLException {
        Optional<RunJournal> live = journal.live(run.runPk);
        if (live.isPresent()) {
            return live.get().durable().frames();
        }
        return run.running() ? frames.last(run.runPk) : run.lastSequence;
    }
}
