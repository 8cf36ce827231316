package io.runtape.retention;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.history.run.Deletion;
import io.runtape.journal.Journal;
import io.runtape.store.BackgroundWorker;
import io.runtape.store.Store;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the runs that ended longer ago than they are to be kept, in the background, each in a transaction of its own, and
 * the threads that are left without runs. All gateways of a database do so; each run is deleted by one of them. Plain SQL:
 * its one query must be served by an index.
 */
@ApplicationScoped
final class Retention {

    private static final int RUNS_AT_ONCE = 200;

    /** How often it looks for runs at least, and at most. */
    private static final Duration LOOK_MIN = Duration.ofMillis(100);

    private static final Duration LOOK_MAX = Duration.ofMinutes(1);

    static final String EXPIRED = "select run_pk from run where completed_at <= ? order by completed_at limit ?";

    private final RetentionConfig config;
    private final Store store;
    private final Deletion deletion;
    private final LongAdder deleted = new LongAdder();
    private volatile @Nullable BackgroundWorker worker;

    Retention(RetentionConfig config, Store store, Deletion deletion, MeterRegistry registry) {
        this.config = config;
        this.store = store;
        this.deletion = deletion;
        FunctionCounter.builder("runtape.expired.runs", deleted, LongAdder::sum)
                .description("Runs that were deleted because they had been kept long enough")
                .register(registry);
    }

    void start(@Observes @Priority(Journal.STARTS_AT + 100) StartupEvent event) {
        config.retention().ifPresent(kept -> {
            Duration look = BackgroundWorker.within(LOOK_MIN, LOOK_MAX, kept.dividedBy(100));
            BackgroundWorker expiring = new BackgroundWorker(
                    "retention", store, look, (connection, itself) -> deleteExpired(connection, itself, kept));
            worker = expiring;
            expiring.start();
        });
    }

    void stop(@Observes @Priority(Journal.STOPS_AT) ShutdownEvent event) {
        BackgroundWorker started = worker;
        if (started != null) {
            started.stop();
        }
    }

    private boolean deleteExpired(Connection connection, BackgroundWorker itself, Duration kept) throws SQLException {
        List<Long> runs = expired(connection, Instant.now().minus(kept));
        int gone = 0;
        for (long runPk : runs) {
            if (itself.isStopping()) {
                return false;
            }
            if (deletion.ofExpiredRun(connection, runPk)) {
                gone++;
                deleted.increment();
            }
            itself.pause();
        }
        if (gone > 0) {
            store.makeDurable(connection);
        }
        return gone > 0 && runs.size() == RUNS_AT_ONCE;
    }

    private static List<Long> expired(Connection connection, Instant until) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(EXPIRED)) {
            select.setObject(1, until.atOffset(ZoneOffset.UTC));
            select.setInt(2, RUNS_AT_ONCE);
            try (ResultSet row = select.executeQuery()) {
                List<Long> runs = new ArrayList<>();
                while (row.next()) {
                    runs.add(row.getLong(1));
                }
                return runs;
            }
        }
    }
}
