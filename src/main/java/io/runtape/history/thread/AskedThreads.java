package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.store.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Collections;

/**
 * The threads that a statement is about, as its first two parameters. On PostgreSQL these are the ids, an array, and the owner. H2
 * does not search an index by a list where it is not the first column, and would walk all that the owner has: there they are two
 * arrays, so that each thread is looked up by what only the lists have.
 */
final class AskedThreads {

    /** On H2: what the rows of the threads come from, as {@code t}. */
    static final String ON_H2 =
            "unnest(?, ?) as asked(id, owner) join thread t on t.id = asked.id and t.owner = asked.owner";

    /** The same on PostgreSQL, which would walk all threads for a join. */
    static final String ON_POSTGRESQL = "thread t where t.id = any(?) and t.owner = ?";

    private AskedThreads() {}

    static void bind(PreparedStatement select, Engine engine, Owner owner, Collection<String> ids) throws SQLException {
        Connection connection = select.getConnection();
        select.setArray(1, connection.createArrayOf("varchar", ids.toArray()));
        if (engine == Engine.H2) {
            Object[] owners = Collections.nCopies(ids.size(), owner.id()).toArray();
            select.setArray(2, connection.createArrayOf("varchar", owners));
        } else {
            select.setString(2, owner.id());
        }
    }
}
