package io.runtape.journal.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Statements that go to PostgreSQL together, in the caller's transaction. The driver sends all statements of one text
 * before it waits for the database, so they cost one round trip. On a busy machine a round trip makes two threads wait
 * for a processor. Confined to the thread that holds the connection.
 */
final class RoundTrip {

    /** The parameters of one statement. */
    @FunctionalInterface
    interface Parameters {
        /** Sets them, the first at {@code first}; returns the index of the next statement's first parameter. */
        int bind(PreparedStatement statement, int first) throws SQLException;
    }

    private final Connection connection;
    private final List<String> texts = new ArrayList<>();
    private final List<Parameters> parameters = new ArrayList<>();
    private @Nullable NodeFence fence;

    RoundTrip(Connection connection) {
        this.connection = connection;
    }

    /** Locks the node's row before anything else; {@link #send} fails if the epoch is over. */
    void hold(NodeFence node) {
        // A batch that failed while it was gathered left its statements here.
        texts.clear();
        parameters.clear();
        fence = node;
        add(NodeFence.CHECK + " for share", node::bind);
    }

    void add(String text, Parameters of) {
        texts.add(text);
        parameters.add(of);
    }

    /** Sends the added statements in their order, and waits until all are done. */
    void send() throws SQLException {
        if (texts.isEmpty()) {
            return;
        }
        try (PreparedStatement all = connection.prepareStatement(String.join(";\n", texts))) {
            int at = 1;
            for (Parameters each : parameters) {
                at = each.bind(all, at);
            }
            all.execute();
            if (fence != null) {
                fence.require(all.getResultSet());
            }
        } finally {
            texts.clear();
            parameters.clear();
            fence = null;
        }
    }
}
