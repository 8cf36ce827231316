package io.runtape.journal;

import io.runtape.model.Store;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The committer's connection, made anew where it was given up, in the name of the same node. Confined to the committer's thread. */
final class StoreLink {

    private final Store store;
    private NodeFence fence;
    private @Nullable StoreWriter writer;

    /** @param first the connection that the store was opened with */
    StoreLink(Store store, StoreWriter first) {
        this.store = store;
        this.fence = first.fence();
        this.writer = first;
    }

    /**
     * What to write with.
     *
     * @throws SQLException where the database does not answer, or {@link NodeFence#CLOSED} where this node may write no more
     */
    StoreWriter writer() throws SQLException {
        StoreWriter open = writer;
        if (open == null) {
            open = StoreWriter.open(store, fence);
            fence = open.fence();
            writer = open;
        }
        return open;
    }

    void close() {
        StoreWriter open = writer;
        writer = null;
        if (open != null) {
            open.close();
        }
    }
}
