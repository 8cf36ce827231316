package io.runtape.cluster;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.journal.Journal;
import io.runtape.model.Engine;
import io.runtape.model.StartRefused;
import io.runtape.model.Store;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * This gateway among those that share its database (architecture, "Several nodes"). An embedded database has one gateway, and
 * nothing here runs.
 */
@ApplicationScoped
public class Cluster {

    private static final int STARTS_AT = Journal.STARTS_AT + 100;

    /** After the last commit. */
    private static final int STOPS_AT = Journal.STOPS_AT + 100;

    private static final Duration LEASE_MIN = Duration.ofSeconds(1);

    private final Store store;
    private final Journal journal;
    private final RemoteRuns runs;
    private final ClusterConfig config;
    private @Nullable Heart heart;
    private @Nullable Listener listener;

    Cluster(Store store, Journal journal, RemoteRuns runs, ClusterConfig config) {
        this.store = store;
        this.journal = journal;
        this.runs = runs;
        this.config = config;
    }

    void start(@Observes @Priority(STARTS_AT) StartupEvent event) {
        if (config.nodeLease().compareTo(LEASE_MIN) < 0) {
            throw new StartRefused("RUNTAPE_NODE_LEASE must be at least 1s; it is " + config.nodeLease() + ".");
        }
        if (store.engine() != Engine.POSTGRESQL) {
            return;
        }
        Heart beating = new Heart(store, journal, config.nodeLease());
        Listener listening = new Listener(store, journal, runs, beating);
        heart = beating;
        listener = listening;
        runs.start(journal.nodeId());
        journal.tell(beating);
        beating.start();
        listening.start();
    }

    void stop(@Observes @Priority(STOPS_AT) ShutdownEvent event) {
        if (listener != null) {
            listener.stop();
        }
        runs.stop();
        if (heart != null) {
            heart.stop();
        }
    }
}
