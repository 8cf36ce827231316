package io.runtape.cluster;

import io.runtape.cluster.Nodes.Other;
import io.runtape.store.Store;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Closes dead gateways and their runs, on a thread and connections of its own: there may be thousands of runs, and the
 * heartbeat must not wait for them, nor this work for a pool that callers may have filled. A failed attempt is repeated
 * when the heartbeat finds the gateway again. Safe for any thread.
 */
final class NodeReaper {

    private static final Logger LOG = Logger.getLogger(NodeReaper.class);

    /**
     * How long a statement may take: a database host that vanishes must not keep further gateways from being closed.
     */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(15);

    private final Store store;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final ExecutorService closer = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "runtape-closer");
        thread.setDaemon(true);
        return thread;
    });

    NodeReaper(Store store) {
        this.store = store;
    }

    /** Begins to close them, unless it is still closing others; the next look finds the remaining ones again. */
    void close(List<Other> lost) {
        if (lost.isEmpty() || !closing.compareAndSet(false, true)) {
            return;
        }
        try {
            closer.execute(() -> closeAll(lost));
        } catch (RejectedExecutionException e) {
            closing.set(false);
        }
    }

    private void closeAll(List<Other> lost) {
        try {
            lost.forEach(this::close);
        } finally {
            closing.set(false);
        }
    }

    /** Closes one over its own connection, so that a failure does not keep the next one from being closed. */
    private void close(Other lost) {
        try (Connection own = store.connect(ANSWER_WITHIN)) {
            new Nodes(own, store.engine()).close(lost);
        } catch (SQLException | RuntimeException e) {
            LOG.warnf("the runs of a dead gateway cannot be closed yet: %s", e.toString());
        }
    }

    /** Starts no more work. */
    void stop() {
        closer.shutdown();
    }
}
