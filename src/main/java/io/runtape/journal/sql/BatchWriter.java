package io.runtape.journal.sql;

import io.runtape.store.SqlFault;
import java.sql.SQLException;

/**
 * Writes batches in the name of one node, over one connection: the committer's view of the database. Confined to one
 * thread at a time. It does not repair a broken connection: {@link #successor} opens another one.
 */
public interface BatchWriter extends AutoCloseable {

    /**
     * Writes the whole batch or nothing. When it returns the batch is durable, except for the runs whose keys were
     * taken ({@link CommitBatch#isKeyTaken}).
     *
     * @throws SQLException if the batch may or may not be durable, unless {@link SqlFault} says that it was refused
     */
    void write(CommitBatch batch) throws SQLException;

    /**
     * Whether the tables hold the whole batch; it was written as one. Called on a new connection after one broke during
     * a commit; then {@link CommitBatch#isKeyTaken} is known too.
     *
     * @throws SQLException if the database does not answer
     */
    boolean holds(CommitBatch batch) throws SQLException;

    /**
     * Runs all statements of {@link #write} once and rolls them back. So the first run need not wait until the
     * statements are parsed and the classes that they need are loaded.
     *
     * @throws SQLException if the database does not answer, or refuses
     */
    void rehearse() throws SQLException;

    /**
     * Opens another connection in the name of the same node; close this one first. When it returns, everything sent
     * over this connection is committed, or never will be.
     *
     * @throws SQLException if the database does not answer; or if this node may write no more, as {@link
     *     SqlFault#isOfAClosedNode} recognises
     */
    BatchWriter successor() throws SQLException;

    /** Gives up the connection, even a broken one. */
    @Override
    void close();
}
