package io.runtape.journal;

import io.runtape.journal.sql.BatchWriter;
import io.runtape.store.SqlFault;
import java.sql.SQLException;

/**
 * The committer's connection, replaced by a new one of the same node after it was given up. Confined to the committer's
 * thread.
 */
final class StoreLink {

    /** Kept after it is closed, since it knows the node of its successor. */
    private BatchWriter last;

    private boolean open = true;

    /** @param first the writer that the start opened */
    StoreLink(BatchWriter first) {
        this.last = first;
    }

    /**
     * The writer to use.
     *
     * @throws SQLException if the database does not answer; if this node may write no more, one for which
     *     {@link SqlFault#isOfAClosedNode} is true
     */
    BatchWriter writer() throws SQLException {
        if (!open) {
            last = last.successor();
            open = true;
        }
        return last;
    }

    void close() {
        if (open) {
            open = false;
            last.close();
        }
    }
}
