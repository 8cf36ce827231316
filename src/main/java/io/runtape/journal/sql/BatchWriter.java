package io.runtape.journal.sql;

import io.runtape.store.SqlFault;
import java.sql.SQLException;

/**
 * Writes batches in the name of one node, over one connection: what the committer needs of the store. Confined to one thread at a
 * time. It does not mend a connection that broke: {@link #successor} opens another one.
 */
public interface BatchWriter extends AutoCloseable {

    /**
     * Writes all of the batch or nothing; when it returns the batch is durable, but for the runs whose keys were taken ({@link
     * CommitBatch#isKeyTaken}).
     *
     * @throws SQLException where the batch may or may not be durable, unless {@link SqlFault} says that it was refused
     */
    void write(CommitBatch batch) throws SQLException;

    /**
     * Whether the tables hold the batch: all of it, since it was written as one. Asked on a new connection after one broke
     * in mid-commit; then {@link CommitBatch#isKeyTaken} is known too.
     *
     * @throws SQLException where the database does not answer
     */
    boolean holds(CommitBatch batch) throws SQLException;

    /**
     * Runs all statements of {@link #write} once and takes back what they did: the first run need not wait until they are parsed,
     * and what they need is loaded.
     *
     * @throws SQLException where the database does not answer, or refuses
     */
    void rehearse() throws SQLException;

    /**
     * Opens another connection in the name of the same node; this one is to be closed before. When it returns, what was sent over
     * this one is committed or never will be.
     *
     * @throws SQLException where the database does not answer, or such as {@link SqlFault#isOfAClosedNode} knows where this node
     *     may write no more
     */
    BatchWriter successor() throws SQLException;

    /** Gives the connection up, be it broken or not. */
    @Override
    void close();
}
