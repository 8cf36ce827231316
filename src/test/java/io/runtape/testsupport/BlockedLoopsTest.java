package io.runtape.testsupport;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A loop is blamed for what it does itself, on a machine that is crowded as well as on one that is not. */
class BlockedLoopsTest {

    private static final Logger VERTX = Logger.getLogger("io.vertx.core.impl.BlockedThreadChecker");

    private static final int LIMIT_MILLIS = 500;
    private static final Duration BLOCKED = Duration.ofMillis(3 * LIMIT_MILLIS / 2);
    /** Longer, so that the report comes while the loop waits: who reports waits for a processor on a crowded machine, too. */
    private static final Duration WAITED = Duration.ofMillis(4 * LIMIT_MILLIS);

    private static final Duration COMPUTED = Duration.ofMillis(2_500);
    private static final int BUSY_THREADS_A_PROCESSOR = 8;

    private final BlockedLoops watching = new BlockedLoops();
    private final CountDownLatch reported = new CountDownLatch(1);
    private final Handler reports = new Handler() {
        @Override
        public void publish(LogRecord report) {
            reported.countDown();
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final Vertx vertx = Vertx.vertx(new VertxOptions()
            .setEventLoopPoolSize(1)
            .setMaxEventLoopExecuteTime(LIMIT_MILLIS)
            .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS)
            .setBlockedThreadCheckInterval(LIMIT_MILLIS / 10)
            .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS));

    @BeforeEach
    void watch() throws Exception {
        // From the first task on there is a thread to be watched.
        onLoop(() -> null);
        watching.beforeClass(getClass());
        VERTX.addHandler(reports);
    }

    @AfterEach
    void close() {
        VERTX.removeHandler(reports);
        vertx.close();
    }

    /** Runs this on an event loop; returns when it has. */
    private void onLoop(Callable<Void> task) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        vertx.runOnContext(v -> {
            try {
                done.complete(task.call());
            } catch (Exception e) {
                done.completeExceptionally(e);
            }
        });
        done.get(1, TimeUnit.MINUTES);
    }

    private enum Way {
        SLEEPS {
            @Override
            void block() throws Exception {
                Thread.sleep(WAITED.toMillis());
            }
        },
        WAITS_FOR_A_LOCK {
            @Override
            void block() throws Exception {
                Object lock = new Object();
                CountDownLatch taken = new CountDownLatch(1);
                Thread holding = new Thread(() -> {
                    synchronized (lock) {
                        taken.countDown();
                        sleep();
                    }
                });
                holding.start();
                taken.await();
                synchronized (lock) {
                    holding.join();
                }
            }
        },
        READS_A_SOCKET {
            @Override
            void block() throws Exception {
                try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                        Socket socket = new Socket(silent.getInetAddress(), silent.getLocalPort());
                        InputStream in = socket.getInputStream()) {
                    socket.setSoTimeout((int) WAITED.toMillis());
                    assertThrows(SocketTimeoutException.class, in::read);
                }
            }
        },
        COMPUTES {
            @Override
            void block() {
                compute(COMPUTED);
            }
        };

        abstract void block() throws Exception;
    }

    private static void sleep() {
        try {
            Thread.sleep(WAITED.toMillis());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Takes a processor for so long in all, and longer by the clock where others have it meanwhile. */
    private static void compute(Duration time) {
        long until = cpuNanos() + time.toNanos();
        while (cpuNanos() < until) {
            Thread.onSpinWait();
        }
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    @ParameterizedTest
    @EnumSource
    void blamesALoopThat(Way way) throws Exception {
        onLoop(() -> {
            way.block();
            return null;
        });

        assertThrows(AssertionError.class, () -> watching.afterAll(null));
    }

    @ParameterizedTest
    @EnumSource(names = {"SLEEPS", "WAITS_FOR_A_LOCK", "READS_A_SOCKET"})
    void blamesALoopOnACrowdedMachineThat(Way way) throws Exception {
        crowded(() -> blamesALoopThat(way));
    }

    @Test
    void blamesNoLoopThatOthersKeepFromTheProcessors() throws Exception {
        crowded(() -> onLoop(() -> {
            compute(BLOCKED);
            return null;
        }));

        assertTrue(reported.await(0, TimeUnit.SECONDS), "the machine is not crowded");
        assertDoesNotThrow(() -> watching.afterAll(null));
    }

    @Test
    void blamesNoLoopThatRunsCodeForTheFirstTime() throws Exception {
        byte[] code = code();
        onLoop(() -> {
            for (int i = 0; i < 100; i++) {
                new OneClass().define(code);
            }
            compute(COMPUTED);
            return null;
        });

        assertTrue(reported.await(0, TimeUnit.SECONDS), "nothing was reported");
        assertDoesNotThrow(() -> watching.afterAll(null));
    }

    private static byte[] code() throws IOException {
        String file = OneClass.class.getName().replace('.', '/') + ".class";
        try (InputStream in = OneClass.class.getClassLoader().getResourceAsStream(file)) {
            return in.readAllBytes();
        }
    }

    private static final class OneClass extends ClassLoader {
        void define(byte[] code) {
            defineClass(null, code, 0, code.length);
        }
    }

    private interface Task {
        void run() throws Exception;
    }

    /** Does it while others would have all processors for themselves. */
    private static void crowded(Task task) throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        List<Thread> busy = new ArrayList<>();
        for (int i = 0; i < BUSY_THREADS_A_PROCESSOR * Runtime.getRuntime().availableProcessors(); i++) {
            Thread thread = new Thread(() -> {
                while (!enough.get()) {
                    Thread.onSpinWait();
                }
            });
            thread.start();
            busy.add(thread);
        }
        try {
            task.run();
        } finally {
            enough.set(true);
            for (Thread thread : busy) {
                thread.join();
            }
        }
    }

    @Test
    void leavesOutReportsWithTheirStacksAndNothingElse() {
        String report =
                "2026-01-31 17:04:19,290 WARN  [io.ve.co.im.BlockedThreadChecker] (vertx-blocked-thread-checker)"
                        + " Thread Thread[vert.x-eventloop-thread-0,5,main] has been blocked for 523 ms, time limit is 500 ms:"
                        + " io.vertx.core.VertxException: Thread blocked";
        String late = "2026-01-31 17:04:20,001 WARN  [io.ru.se.lo.LoopWatch] (vert.x-eventloop-thread-1)"
                + " vert.x-eventloop-thread-1 came round 2100 ms late";
        String stack = "\tat app//io.vertx.core.net.impl.ConnectionBase.read(ConnectionBase.java:160)";
        String first = "2026-01-31 17:04:18,100 INFO  [io.quarkus] (main) started";
        String fault = "2026-01-31 17:04:21,000 ERROR [io.ru.st.Store] (main) java.sql.SQLException";

        assertEquals(
                List.of(first, fault, stack, "last"),
                BlockedLoops.without(List.of(first, report, stack, stack, late, fault, stack, report, stack, "last")));
    }
}
