package io.runtape.archive;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.history.NdjsonResponses;
import io.runtape.history.run.RunSnapshot;
import io.runtape.history.run.RunSnapshots;
import io.runtape.history.run.RunWalk;
import io.runtape.history.run.RunWalks;
import io.runtape.run.AgentThread;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.BodyDigest;
import io.runtape.run.DamagedBodyException;
import io.runtape.run.DamagedFramesException;
import io.runtape.run.FrameQuery;
import io.runtape.run.FrameReader;
import io.runtape.run.RecordedFrame;
import io.runtape.run.RecordedRequest;
import io.runtape.run.RequestReader;
import io.runtape.run.Run;
import io.runtape.sse.ContentDecoder;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonArray;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Writes archives of runs as responses. Safe for any thread. */
@Singleton
final class ArchiveExport {

    private static final Logger LOG = Logger.getLogger(ArchiveExport.class);

    /** Frames of one read, unless their bytes end it first; fewer from where some of them cannot be read. */
    private static final int FRAMES = 512;

    /** Runs of one turn at the database: short ones fill it. */
    private static final int RUNS = 16;

    private final NdjsonResponses lines;
    private final RunSnapshots present;
    private final RequestReader requests;
    private final FrameReader frames;
    private final ArchiveThreads threads;
    private final Redaction redaction;
    private final ObjectMapper json;

    ArchiveExport(
            NdjsonResponses lines,
            RunSnapshots present,
            RequestReader requests,
            FrameReader frames,
            ArchiveThreads threads,
            Redaction redaction,
            ObjectMapper json) {
        this.lines = lines;
        this.present = present;
        this.requests = requests;
        this.frames = frames;
        this.threads = threads;
        this.redaction = redaction;
        this.json = json;
    }

    /** An archive of the runs of a walk that have ended. Does not block. */
    Uni<Void> write(Owner owner, RunWalks.Beginning runs, RoutingContext context) {
        return lines.write(owner, context, room -> new Source(owner, runs.begin(room), null, room));
    }

    /** An archive of one run that has ended. Does not block. */
    Uni<Void> write(Owner owner, Run run, RoutingContext context) {
        return lines.write(owner, context, room -> new Source(owner, new OneRun(run), null, room));
    }

    /** The same, without what the rules of redaction find. */
    Uni<Void> writeRedacted(Owner owner, Run run, RoutingContext context) {
        return lines.write(owner, context, room -> new Source(owner, new OneRun(run), redaction, room));
    }

    private static final class OneRun implements RunWalk {

        private @Nullable Run run;

        OneRun(Run run) {
            this.run = run;
        }

        @Override
        public @Nullable Run next() {
            Run one = run;
            run = null;
            return one;
        }

        @Override
        public boolean isOver() {
            return run == null;
        }

        @Override
        public long withoutFrames() {
            return 0;
        }

        @Override
        public @Nullable String cursor() {
            return null;
        }
    }

    /** A run whose frames are being written. */
    private record Open(
            long pk, String id, long frameCount, @Nullable String cursor, BodyDigest digest) {}

    /** The lines of one archive. Between two pieces it keeps its place in the walk and in the run. */
    private final class Source implements NdjsonResponses.Source {

        private final Owner owner;
        private final RunWalk walk;
        private final LongConsumer room;
        private final ArchiveLines archive;
        private boolean begun;
        private boolean over;
        private long runs;

        /** Runs that go on, and those whose frames are gone; besides those that the walk has passed over. */
        private long leftOut;

        private @Nullable Open open;
        private long written;
        private int atOnce;

        Source(Owner owner, RunWalk walk, @Nullable Redaction leavesOut, LongConsumer room) {
            this.owner = owner;
            this.walk = walk;
            this.archive = new ArchiveLines(json, leavesOut);
            this.room = room;
        }

        @Override
        public byte @Nullable [] next() throws SQLException, IOException {
            if (over) {
                return null;
            }
            if (!begun) {
                begun = true;
                archive.begin();
            }
            int begunRuns = 0;
            while (!over && archive.size() < NdjsonResponses.CHUNK_BYTES && begunRuns < RUNS) {
                Open run = open;
                if (run == null) {
                    begin();
                    begunRuns++;
                } else if (!isRead(run)) {
                    // Another try takes room anew: this turn's is given back before.
                    break;
                }
            }
            return archive.take();
        }

        /** Writes the next frames, or the run's end; false if the frames are to be read again, fewer at once. */
        private boolean isRead(Open run) throws SQLException, IOException {
            boolean more;
            try {
                more = frames(run);
            } catch (DamagedFramesException e) {
                if (atOnce > 1) {
                    atOnce /= 2;
                    return false;
                }
                LOG.errorf("an archive lacks the frames of the run %s behind %d: %s", run.id, written, e.getMessage());
                more = false;
            }
            if (!more) {
                archive.end(run.id, written, run.digest.hex(), run.cursor);
                runs++;
                open = null;
            }
            return true;
        }

        /**
         * Begins the next run; a live one is left out, and one whose frames retention has deleted. One whose request cannot be read
         * has no line for it: its frames can be, and other runs.
         */
        private void begin() throws SQLException, IOException {
            @Nullable Run run = walk.next();
            if (run == null) {
                if (walk.isOver()) {
                    archive.endOfArchive(runs, leftOut + walk.withoutFrames());
                    over = true;
                }
                return;
            }
            Optional<RunSnapshot> now = present.of(run);
            if (now.isEmpty()) {
                return;
            }
            Run ended = now.get().row();
            if (now.get().live() != null || ended.framesExpiredAt != null) {
                leftOut++;
                return;
            }
            // Before the run's line: of a run that is deleted now, nothing is written.
            @Nullable RecordedRequest request;
            try {
                Optional<RecordedRequest> read = requests.read(ended.runPk, room);
                if (read.isEmpty()) {
                    return;
                }
                request = read.get();
                if (request.body().length == 0) {
                    // A recorded body is a JSON object: retention has deleted this one, and the frames, since the row
                    // was read.
                    leftOut++;
                    return;
                }
            } catch (DamagedBodyException e) {
                LOG.errorf("an archive lacks the request of the run %s: %s", ended.id, e.getMessage());
                request = null;
            }
            Optional<AgentThread> thread =
                    ended.threadOrdinal == null ? Optional.empty() : threads.of(owner, ended.threadId);
            archive.run(ended, thread.orElse(null));
            if (request != null) {
                archive.request(ended.id, request);
            }
            archive.head(ended);
            written = 0;
            atOnce = FRAMES;
            open = new Open(ended.runPk, ended.id, ended.frameCount, walk.cursor(), new BodyDigest());
        }

        /**
         * Writes the next frames; false after the last.
         *
         * @throws DamagedFramesException if one of them cannot be read; those before it may be, and other runs
         */
        private boolean frames(Open run) throws SQLException, IOException {
            if (written == run.frameCount) {
                return false;
            }
            List<RecordedFrame> page = frames.shortPage(run.pk, FrameQuery.all(written, run.frameCount, atOnce), room);
            for (RecordedFrame frame : page) {
                byte[] shown = archive.shown(frame.bytes());
                run.digest.add(
                        new ArrivedFrame(frame.kind(), shown, 0, shown.length, frame.offsetMicros(), null, "", 0));
                archive.frame(run.id, frame);
                written = frame.sequence();
            }
            // None where the run was deleted meanwhile: then its last line tells fewer frames than its first.
            return !page.isEmpty();
        }
    }

    /** @throws ApiException 409 if the run has not ended, 410 if retention has deleted its frames */
    static Run requireEnded(RunSnapshot run) {
        if (run.live() != null) {
            throw ApiException.runActive();
        }
        if (run.row().framesExpiredAt != null) {
            throw ApiException.framesExpired();
        }
        return run.row();
    }

    /**
     * Checks that what a response says can be found in its bytes.
     *
     * @throws ApiException 501 if it is compressed
     */
    static void requireReadable(Run run) {
        JsonArray headers = run.responseHeaders == null ? new JsonArray() : new JsonArray(run.responseHeaders);
        for (int i = 0; i < headers.size(); i++) {
            JsonArray header = headers.getJsonArray(i);
            if (header.getString(0).equalsIgnoreCase("Content-Encoding")
                    && ContentDecoder.isEncoded(header.getString(1))) {
                throw ApiException.of(
                        ErrorCode.NOT_SUPPORTED,
                        "The response of this run is compressed, so that nothing can be left out of it. Export the run as an"
                                + " archive, with Accept: " + NdjsonResponses.LINES + ", if nothing in it is secret.");
            }
        }
    }
}
