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
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Shows as NDJSON all runs of a thread that exist when the response begins. Leaves out a run that is deleted before
 * its turn. Safe for any thread.
 */
@Singleton
public final class RunNdjson {

    /** The bounds of one read: about as many ordinary runs as a chunk holds. */
    private static final RunPages.Bounds READ = new RunPages.Bounds(50, NdjsonResponses.CHUNK_BYTES);

    private final RunPages pages;
    private final NdjsonResponses lines;
    private final RunSnapshots present;
    private final ObjectWriter line;

    RunNdjson(RunPages pages, NdjsonResponses lines, RunSnapshots present, ObjectMapper json) {
        this.pages = pages;
        this.lines = lines;
        this.present = present;
        this.line = json.writerFor(RunView.class);
    }

    /** Lists the runs of a thread in their order. Does not block. */
    public Uni<Void> ofThread(Owner owner, AgentThread thread, RoutingContext context) {
        return lines.write(owner, context, room -> new OfThread(owner, thread, room));
    }

    /**
     * Reads the listing piece by piece, and keeps its position between two pieces. Confined to one thread at a time.
     */
    private final class OfThread implements NdjsonResponses.Source {

        private final Owner owner;
        private final String threadId;
        private final long upTo;
        private final LongConsumer room;
        private long after;
        private boolean more = true;

        OfThread(Owner owner, AgentThread thread, LongConsumer room) {
            this.owner = owner;
            this.threadId = thread.id;
            this.upTo = thread.lastOrdinal;
            this.room = room;
        }

        @Override
        public byte @Nullable [] next() throws SQLException, IOException {
            if (!more) {
                return null;
            }
            ListSlice<Run> read = pages.ofThread(owner, threadId, after, upTo, READ, room);
            more = read.more();
            if (!read.rows().isEmpty()) {
                after = Objects.requireNonNull(read.last().threadOrdinal);
            }
            ByteArrayOutputStream chunk = new ByteArrayOutputStream();
            for (RunView run : present.views(read.rows())) {
                chunk.writeBytes(line.writeValueAsBytes(run));
                chunk.write('\n');
            }
            return chunk.toByteArray();
        }
    }
}
