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
 * Reports event loops that are held up. Vert.x reports what it dispatched and what takes longer than
 * {@code quarkus.vertx.max-event-loop-execute-time}, but looks only once a second: here it looks often enough to miss
 * nothing. And what a commit tells readers, as every timer, goes to a loop without Vert.x: so each loop beats, and says so
 * itself where it came round too late, for whatever reason. One that does not come round at all says nothing: {@link #stuck}
 * does.
 */
@Singleton
final class LoopWatch implements VertxOptionsCustomizer {

    private static final Logger LOG = Logger.getLogger(LoopWatch.class);

    /** How often Vert.x looks within the time that it allows. */
    private static final int LOOKS = 10;

    private static final Duration BEAT = Duration.ofMillis(250);

    /** Many sockets at once, in a JVM that has just started, take hundreds of milliseconds a round without one that is slow. */
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
