package io.runtape.cluster;

import io.quarkus.arc.All;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.journal.Journal;
import io.runtape.store.Engine;
import io.runtape.store.SqlFault;
import io.runtape.store.StartupException;
import io.runtape.store.Store;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * This gateway among those that share its database (docs/internals/architecture.md, "Several gateways"). An embedded
 * database has one gateway, which closes the runs of earlier starts before it takes calls; it needs nothing else of
 * this package.
 */
@ApplicationScoped
public class Cluster {

    private static final int STARTS_AT = Journal.STARTS_AT + 100;

    /** After the last commit. */
    private static final int STOPS_AT = Journal.STOPS_AT + 100;

    private static final Duration LEASE_MIN = Duration.ofSeconds(1);

    /** The time for a statement that closes the runs of earlier starts on an embedded database. */
    private static final Duration CLOSES_WITHIN = Duration.ofMinutes(1);

    private final Store store;
    private final Journal journal;
    private final RemoteRuns runs;
    private final List<BeatTask> beatTasks;
    private final ClusterConfig config;
    private @Nullable Heartbeat heartbeat;
    private @Nullable Listener listener;

    Cluster(Store store, Journal journal, RemoteRuns runs, @All List<BeatTask> beatTasks, ClusterConfig config) {
        this.store = store;
        this.journal = journal;
        this.runs = runs;
        this.beatTasks = beatTasks;
        this.config = config;
    }

    void start(@Observes @Priority(STARTS_AT) StartupEvent event) {
        if (config.nodeLease().compareTo(LEASE_MIN) < 0) {
            throw new StartupException("RUNTAPE_NODE_LEASE must be at least 1s; it is " + config.nodeLease() + ".");
        }
        if (store.engine() == Engine.H2) {
            closeAllOthers();
            return;
        }
        Heartbeat beating = new Heartbeat(store, journal, beatTasks, config.nodeLease());
        Listener listening = new Listener(store, journal, runs, beating);
        heartbeat = beating;
        listener = listening;
        runs.start(journal.nodeId());
        journal.tell(beating);
        beating.start();
        listening.start();
    }

    /** Only one gateway at a time can have the file open, so all other nodes are dead. */
    private void closeAllOthers() {
        try (Connection connection = store.connect(CLOSES_WITHIN)) {
            Nodes nodes = new Nodes(connection, store.engine());
            for (Nodes.Other dead : nodes.others(journal.nodeId()).values()) {
                nodes.close(dead);
            }
            store.makeDurable(connection);
        } catch (SQLException e) {
            throw new StartupException("Runtape cannot close the runs of an earlier start in its database ("
                    + store.address() + "): " + SqlFault.named(e));
        }
    }

    void stop(@Observes @Priority(STOPS_AT) ShutdownEvent event) {
        if (listener != null) {
            listener.stop();
        }
        runs.stop();
        if (heartbeat != null) {
            heartbeat.stop();
        }
    }
}
