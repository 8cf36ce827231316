package io.runtape.server.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.EventLoop;
import io.quarkus.runtime.StartupEvent;
import io.runtape.testsupport.LogListener;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Logger;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The loops here are blocked until that is reported, or until nobody reports it for too long. */
class LoopWatchTest {

    private static final int PATIENCE_SECONDS = 30;

    private final LoopWatch watch = new LoopWatch(Duration.ofMillis(500));
    private final CountDownLatch reported = new CountDownLatch(1);
    private final VertxOptions options =
            new VertxOptions().setMaxEventLoopExecuteTime(500).setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS);
    private final Vertx vertx = vertx();
    private final EventLoop loop = ((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop();

    private Vertx vertx() {
        watch.accept(options);
        return Vertx.vertx(options);
    }

    @AfterEach
    void close() {
        vertx.close();
    }

    @Test
    void hasVertxLookInTime() throws Exception {
        ((VertxInternal) vertx).blockedThreadChecker().setThreadBlockedHandler(report -> reported.countDown());

        vertx.getOrCreateContext().runOnContext(v -> await(reported, PATIENCE_SECONDS));

        assertTrue(reported.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
        // In real time the look may come late.
        assertEquals(50, options.getBlockedThreadCheckIntervalUnit().toMillis(options.getBlockedThreadCheckInterval()));
    }

    @Test
    void reportsALoopThatIsHeldUpByWhatVertxDidNotDispatch() throws Exception {
        Handler handler = handler();
        Logger logger = Logger.getLogger(LoopWatch.class.getName());
        logger.addHandler(handler);
        try {
            watch.start(new StartupEvent(), vertx);
            // The first beat has set the time of the second one.
            loop.submit(() -> {}).get();

            loop.execute(() -> await(new CountDownLatch(1), 2));

            assertTrue(reported.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
        } finally {
            logger.removeHandler(handler);
        }
    }

    @Test
    void knowsALoopThatDoesNotComeRoundAndThatItComesRoundAgain() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        watch.start(new StartupEvent(), vertx);
        loop.submit(() -> {}).get();
        assertEquals(0, watch.stuck(Duration.ofMinutes(1)));

        loop.execute(() -> awaitQuietly(held));

        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> watch.stuck(Duration.ofSeconds(1)) == 1);
        assertEquals(
                HealthCheckResponse.Status.UP,
                new LoopHealth(watch).call().await().indefinitely().getStatus());
        Awaitility.await()
                .atMost(LoopHealth.STUCK.multipliedBy(3))
                .until(() -> new LoopHealth(watch).call().await().indefinitely().getStatus()
                        == HealthCheckResponse.Status.DOWN);
        held.countDown();
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> watch.stuck(Duration.ofSeconds(1)) == 0);
        assertEquals(
                HealthCheckResponse.Status.UP,
                new LoopHealth(watch).call().await().indefinitely().getStatus());
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean await(CountDownLatch latch, int seconds) {
        try {
            return latch.await(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Handler handler() {
        return new LogListener(report -> {
            // Loops of other applications have the same names.
            if (loop.inEventLoop()) {
                reported.countDown();
            }
        });
    }
}
