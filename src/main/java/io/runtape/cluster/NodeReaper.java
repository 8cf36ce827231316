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
 * Closes gateways that stand still, with their runs: there may be thousands, and neither whoever finds out nor a pool that
 * callers may have filled is to wait for it. What fails is done again when it is found again. Safe for any thread.
 */
final class NodeReaper {

    private static final Logger LOG = Logger.getLogger(NodeReaper.class);

    /** How long a statement may take: a host that vanishes in that moment must not keep all further ones from being closed. */
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

    /** Begins to close them, unless others are being closed; whoever is still there is found again at the next look. */
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

    /** Each over a connection of its own, so that one which cannot be closed does not keep the next from it. */
    private void close(Other lost) {
        try (Connection own = store.connect(ANSWER_WITHIN)) {
            new Nodes(own, store.engine()).close(lost);
        } catch (SQLException | RuntimeException e) {
            LOG.warnf("runs of a gateway that died are not closed yet: %s", e.toString());
        }
    }

    /** Begins nothing more. */
    void stop() {
        closer.shutdown();
    }
}
