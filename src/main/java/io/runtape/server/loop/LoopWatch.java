package io.runtape.server.loop;

import io.netty.util.concurrent.EventExecutor;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.VertxOptionsCustomizer;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.impl.VertxInternal;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Reports event loops that are held up. Vert.x reports tasks that it dispatched and that take longer than
 * {@code quarkus.vertx.max-event-loop-execute-time}, but checks only once a second; this class makes it check often
 * enough to miss none. Notifications of commits, and every timer, reach a loop without Vert.x. So each loop also beats,
 * and reports itself when it came round too late, for any reason. A loop that does not come round at all cannot report:
 * see {@link #stuck}.
 */
@Singleton
final class LoopWatch implements VertxOptionsCustomizer {

    private static final Logger LOG = Logger.getLogger(LoopWatch.class);

    /** How often Vert.x checks within the time that it allows. */
    private static final int LOOKS = 10;

    private static final Duration BEAT = Duration.ofMillis(250);

    /** In a JVM that has just started, many sockets take hundreds of milliseconds a round, though none is slow. */
    private final Duration lateMax;

    private final List<Beat> beats = new CopyOnWriteArrayList<>();

    LoopWatch() {
        this(Duration.ofSeconds(2));
    }

    LoopWatch(Duration lateMax) {
        this.lateMax = lateMax;
    }

    @Override
    public void accept(VertxOptions options) {
        long allowed = options.getMaxEventLoopExecuteTimeUnit().toMillis(options.getMaxEventLoopExecuteTime());
        options.setBlockedThreadCheckInterval(Math.max(1, allowed / LOOKS))
                .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS);
    }

    void start(@Observes StartupEvent event, Vertx vertx) {
        for (EventExecutor loop : ((VertxInternal) vertx).getEventLoopGroup()) {
            Beat beat = new Beat();
            beats.add(beat);
            loop.scheduleWithFixedDelay(beat, 0, BEAT.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** How many loops have not come round for longer than that. Safe for any thread. */
    long stuck(Duration within) {
        long now = System.nanoTime();
        return beats.stream()
                .filter(beat -> now - beat.dueNanos > within.toNanos())
                .count();
    }

    /** Runs on its event loop. */
    private final class Beat implements Runnable {

        private volatile long dueNanos = System.nanoTime();

        @Override
        public void run() {
            long now = System.nanoTime();
            long late = now - dueNanos;
            if (late > lateMax.toNanos()) {
                LOG.warnf(
                        "%s came round %d ms late",
                        Thread.currentThread().getName(), TimeUnit.NANOSECONDS.toMillis(late));
            }
            dueNanos = now + BEAT.toNanos();
        }
    }
}
