package io.runtape.cluster;

import io.runtape.journal.Journal;
import io.runtape.store.Store;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Receives announcements of other gateways over one connection, which cannot go through a pooler: notifications belong
 * to a session.
 */
final class Listener {

    private static final Logger LOG = Logger.getLogger(Listener.class);

    /** How long one wait for notifications lasts; then the listener checks whether the connection still works. */
    private static final int WAIT_MILLIS = 2000;

    private static final int ANSWER_SECONDS = 2;

    /** How long a statement may take: a host that vanishes sends nothing. */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

    /** The session's name at the server, so that operators find the session that must not go through a pooler. */
    private static final String SESSION = "runtape-listener";

    private static final long RETRY_NANOS = 1_000_000_000;

    private final Store store;
    private final Journal journal;
    private final RemoteRuns runs;
    private final Heartbeat heartbeat;
    private final Thread thread = new Thread(this::listen, "runtape-listener");
    private volatile boolean stopping;
    private boolean failing;

    Listener(Store store, Journal journal, RemoteRuns runs, Heartbeat heartbeat) {
        this.store = store;
        this.journal = journal;
        this.runs = runs;
        this.heartbeat = heartbeat;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    void stop() {
        stopping = true;
        LockSupport.unpark(thread);
    }

    private void listen() {
        while (!stopping) {
            try (Connection connection = store.connectDirectly(ANSWER_WITHIN);
                    Statement listen = connection.createStatement()) {
                listen.execute("set application_name = '" + SESSION + "'");
                listen.execute("listen \"" + Announcement.channel(store.schema()) + '"');
                LOG.debug("this gateway listens to other gateways");
                failing = false;
                runs.toldOfCommits(true);
                journal.joinedAnywhere();
                hear(connection);
            } catch (SQLException e) {
                if (!failing) {
                    LOG.warnf("other gateways cannot be listened to, their runs are polled: %s", e.toString());
                }
                failing = true;
            }
            if (stopping) {
                // What it would tell may be gone.
                return;
            }
            runs.toldOfCommits(false);
            journal.joinedAnywhere();
            LockSupport.parkNanos(this, RETRY_NANOS);
        }
    }

    private void hear(Connection connection) throws SQLException {
        PGConnection session = connection.unwrap(PGConnection.class);
        while (!stopping) {
            @Nullable PGNotification[] heard = session.getNotifications(WAIT_MILLIS);
            if (heard != null && heard.length > 0) {
                for (PGNotification each : heard) {
                    Announcement.read(each.getParameter(), journal.nodeId(), this::told);
                }
                runs.wake();
            } else if (!connection.isValid(ANSWER_SECONDS)) {
                throw new SQLException("the listening connection does not answer");
            }
        }
    }

    private void told(Announcement.Word word) {
        switch (word.kind()) {
            case WRITTEN -> runs.written(word.number());
            case ENDED -> runs.ended(word.number());
            case JOINED -> journal.joinedElsewhere((int) word.number());
            case CANCEL -> journal.cancelHere(word.number());
            case BEGUN -> heartbeat.other();
        }
    }
}
