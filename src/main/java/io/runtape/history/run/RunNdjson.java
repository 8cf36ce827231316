package io.runtape.history.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.runtape.access.Owner;
import io.runtape.history.ListSlice;
import io.runtape.history.NdjsonResponses;
import io.runtape.run.AgentThread;
import io.runtape.run.Run;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Shows as NDJSON all runs of a listing that exist when the response begins. Leaves out a run that is deleted before
 * its turn. Safe for any thread.
 */
@Singleton
public final class RunNdjson {

    /** The bounds of one read: about as many ordinary runs as a chunk holds. */
    private static final RunQueries.Bounds READ = new RunQueries.Bounds(50, NdjsonResponses.CHUNK_BYTES);

    private final RunQueries runs;
    private final NdjsonResponses lines;
    private final RunSnapshots present;
    private final ObjectWriter line;

    RunNdjson(RunQueries runs, NdjsonResponses lines, RunSnapshots present, ObjectMapper json) {
        this.runs = runs;
        this.lines = lines;
        this.present = present;
        this.line = json.writerFor(RunView.class);
    }

    /** Lists the newest runs first. Does not block. */
    Uni<Void> newest(Owner owner, RunFilter filter, RoutingContext context) {
        return lines.write(owner, context, room -> new Newest(owner, filter, room));
    }

    /** Lists the runs of a thread in their order. Does not block. */
    public Uni<Void> ofThread(Owner owner, AgentThread thread, RoutingContext context) {
        return lines.write(owner, context, room -> new OfThread(owner, thread, room));
    }

    /**
     * Reads the listing piece by piece, and keeps its position between two pieces. Confined to one thread at a time.
     */
    private abstract class Walk implements NdjsonResponses.Source {

        private boolean more = true;

        @Override
        public byte[] next() throws SQLException, IOException {
            ByteArrayOutputStream chunk = new ByteArrayOutputStream();
            while (more && chunk.size() == 0) {
                ListSlice<Run> read = read();
                more = read.more();
                if (!read.rows().isEmpty()) {
                    goOnAfter(read.last());
                }
                for (RunView run : present.views(read.rows())) {
                    chunk.writeBytes(line.writeValueAsBytes(run));
                    chunk.write('\n');
                }
            }
            return chunk.toByteArray();
        }

        abstract ListSlice<Run> read();

        abstract void goOnAfter(Run last);
    }

    private final class Newest extends Walk {

        private final Owner owner;
        private final RunFilter filter;
        private final LongConsumer room;
        private Optional<RunQueries.StreamPosition> after = Optional.empty();

        Newest(Owner owner, RunFilter filter, LongConsumer room) {
            this.owner = owner;
            this.filter = filter;
            this.room = room;
        }

        @Override
        ListSlice<Run> read() {
            return runs.newest(owner, filter, after, READ, room);
        }

        @Override
        void goOnAfter(Run last) {
            after = Optional.of(RunQueries.StreamPosition.of(last));
        }
    }

    private final class OfThread extends Walk {

        private final Owner owner;
        private final String threadId;
        private final long upTo;
        private final LongConsumer room;
        private long after;

        OfThread(Owner owner, AgentThread thread, LongConsumer room) {
            this.owner = owner;
            this.threadId = thread.id;
            this.upTo = thread.lastOrdinal;
            this.room = room;
        }

        @Override
        ListSlice<Run> read() {
            return runs.ofThread(owner, threadId, after, upTo, READ, room);
        }

        @Override
        void goOnAfter(Run last) {
            after = Objects.requireNonNull(last.threadOrdinal);
        }
    }
}
