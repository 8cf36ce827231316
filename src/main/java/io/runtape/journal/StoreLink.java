package io.runtape.journal;

import io.runtape.journal.sql.BatchWriter;
import io.runtape.store.SqlFault;
import java.sql.SQLException;

/** The committer's connection, made anew where it was given up, in the name of the same node. Confined to the committer's thread. */
final class StoreLink {

    /** Kept when it is closed, for it knows the node that the next one goes on for. */
    private BatchWriter last;

    private boolean open = true;

    /** @param first the connection that the store was opened with */
    StoreLink(BatchWriter first) {
        this.last = first;
    }

    /**
     * What to write with.
     *
     * @throws SQLException where the database does not answer, or such as {@link SqlFault#isOfAClosedNode} knows where this node
     *     may write no more
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
