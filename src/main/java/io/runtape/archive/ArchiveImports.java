package io.runtape.archive;

import io.quarkus.runtime.configuration.MemorySize;
import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.journal.Journal;
import io.runtape.server.body.BodyPieces;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.sse.ContentDecoder;
import io.runtape.sse.FrameSize;
import io.runtape.store.Store;
import io.runtape.upstream.Upstream;
import io.runtape.upstream.Upstreams;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Takes archives as the bodies of requests, or from elsewhere. Safe for any event loop. */
@Singleton
public final class ArchiveImports {

    private static final Logger LOG = Logger.getLogger(ArchiveImports.class);

    /** Imports at once: each may hold a connection, and a transaction with the frames of a long run. */
    private static final int AT_ONCE = 4;

    /** Imports of one owner at once, so that there is a place for others, however slowly the archives come. */
    private static final int OF_OWNER_AT_ONCE = 3;

    private static final Duration RETRY_AFTER = Duration.ofSeconds(10);

    /** The least bound on a frame: who lowers that of recording keeps what was recorded before. */
    private static final int FRAME_BYTES_MIN = 8 << 20;

    /** The least bound on a line, which has a frame, or a request's body, in base64. */
    private static final int LINE_BYTES_MIN = 32 << 20;

    /** No array is longer on every JVM. */
    private static final long LINE_BYTES_MAX = Integer.MAX_VALUE - 8;

    private final ArchiveConfig config;
    private final Upstreams upstreams;
    private final Store store;
    private final Journal journal;
    private final MemoryBudgets memory;

    /** The owners of the imports that go on, each as often as it has one. Guarded by itself. */
    private final List<Owner> going = new ArrayList<>();

    /** One thread: imports take short turns, and leave the other processors to live runs. */
    private final ThreadPoolExecutor worker =
            new ThreadPoolExecutor(1, 1, 60, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                Thread thread = new Thread(task, "runtape-import");
                thread.setDaemon(true);
                return thread;
            });

    ArchiveImports(ArchiveConfig config, Upstreams upstreams, Store store, Journal journal, MemoryBudgets memory) {
        this.config = config;
        this.upstreams = upstreams;
        this.store = store;
        this.journal = journal;
        this.memory = memory;
        worker.allowCoreThreadTimeOut(true);
    }

    @PreDestroy
    void stop() {
        // No interrupt: it would close the file of an embedded database.
        worker.shutdown();
    }

    /**
     * Imports the body of the request. Nobody else may read it first; subscribe on the request's event loop, as soon as the
     * request comes in. Fails as {@link BodyPieces#feed} does, with 400 if the body is no archive, with 415 if it is
     * compressed in another way than gzip, and with 503 if too many imports go on or memory lacks.
     *
     * @param owner whose runs they will be
     */
    Uni<ImportSummary> of(Owner owner, HttpServerRequest request) {
        @Nullable String coding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
        if (ContentDecoder.isEncoded(coding) && !ContentDecoder.isGzip(coding)) {
            throw ApiException.unsupportedCoding("An archive comes as it is, or with Content-Encoding: gzip.", "gzip");
        }
        if (!begins(owner)) {
            throw ApiException.of(
                            ErrorCode.OVERLOADED,
                            "Enough imports go on already: " + AT_ONCE + ", or " + OF_OWNER_AT_ONCE
                                    + " of yours. Nothing was done; try again later.")
                    .retryAfter(RETRY_AFTER);
        }
        return BodyPieces.feed(request, worker, new Going(owner, coding));
    }

    private boolean begins(Owner owner) {
        synchronized (going) {
            boolean hasPlace = going.size() < AT_ONCE && Collections.frequency(going, owner) < OF_OWNER_AT_ONCE;
            return hasPlace && going.add(owner);
        }
    }

    /**
     * Imports an archive that is not compressed. Blocks. Its runs get no places in threads: those of runs of several histories may be
     * the same.
     *
     * @param owner whose runs they will be
     * @throws ApiException 400 if it is no archive
     * @throws IOException if it cannot be read
     */
    public ImportSummary withoutPlaces(Owner owner, InputStream archive) throws IOException, SQLException {
        byte[] piece = new byte[CompressedArchive.TURN_BYTES];
        try (BudgetShare share = memory.bodies().share();
                ArchiveImport importing = new ArchiveImport(
                        owner, false, store, journal, null, lineMax(), frameMax(), bytes -> room(share, bytes, true))) {
            for (int read = archive.read(piece); read >= 0; read = archive.read(piece)) {
                importing.take(Arrays.copyOf(piece, read));
                boolean more;
                do {
                    more = importing.readOn();
                } while (more);
            }
            return importing.end();
        }
    }

    private static void room(BudgetShare share, long bytes, boolean mayWait) {
        if (bytes <= 0) {
            share.give(-bytes);
        } else if (!share.tryTake(bytes) && !(mayWait && comes(share, bytes))) {
            // Before the import is closed: another one may be next on this thread, and want the room.
            share.close();
            // Unlike another call that finds no room, an import has begun.
            throw ApiException.of(
                            ErrorCode.OVERLOADED,
                            "Too much of the gateway's memory is in use for other calls. The runs that were whole by"
                                    + " then are imported; send the archive again later.")
                    .retryAfter(RETRY_AFTER);
        }
    }

    /** Waits for room; returns whether it came. */
    private static boolean comes(BudgetShare share, long bytes) {
        try {
            share.takeBlocking(bytes);
            return true;
        } catch (ApiException e) {
            return false;
        }
    }

    private int frameMax() {
        return Math.max(FRAME_BYTES_MIN, FrameSize.max(config.maxFrame().asLongValue()));
    }

    /** A line has room for the longest body of any agent API, and for the longest frame. */
    private int lineMax() {
        long longest =
                Math.max(config.maxBody().asLongValue(), config.maxFrame().asLongValue());
        for (Upstream upstream : upstreams.all()) {
            longest = Math.max(
                    longest, upstream.bodyMax().map(MemorySize::asLongValue).orElse(0L));
        }
        return (int) Math.max(LINE_BYTES_MIN, 2 * Math.min(LINE_BYTES_MAX / 2, longest));
    }

    /** An import that goes on. */
    private final class Going implements BodyPieces.Sink<ImportSummary> {

        private final BudgetShare share = memory.bodies().share();
        private final Owner owner;
        private final ArchiveImport archive;
        private boolean ended;

        Going(Owner owner, @Nullable String coding) {
            this.owner = owner;
            archive = new ArchiveImport(
                    owner,
                    true,
                    store,
                    journal,
                    ContentDecoder.checking(coding),
                    lineMax(),
                    frameMax(),
                    bytes -> room(share, bytes, isAlone()));
        }

        /** Another import could not go on while this one waits, and so not give its room back. */
        private boolean isAlone() {
            synchronized (going) {
                return going.size() == 1;
            }
        }

        @Override
        public boolean piece(byte[] bytes) throws SQLException, IOException {
            archive.take(bytes);
            return archive.readOn();
        }

        @Override
        public boolean goOn() throws SQLException, IOException {
            return archive.readOn();
        }

        @Override
        public ImportSummary end() throws SQLException, IOException {
            ImportSummary summary = archive.end();
            // Before its response: who has that may begin the next one.
            makeWay();
            return summary;
        }

        private void makeWay() {
            if (!ended) {
                ended = true;
                synchronized (going) {
                    going.remove(owner);
                }
            }
        }

        @Override
        public void over() {
            share.close();
        }

        @Override
        public void close() {
            try {
                archive.close();
            } catch (SQLException e) {
                LOG.debugf("the connection of an import is gone: %s", e.getMessage());
            } finally {
                share.close();
                makeWay();
            }
        }
    }
}
