package io.runtape.testsupport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ZERO;
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
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
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
    private static final Duration WAITED = Duration.ofMillis(4 * LIMIT_MILLIS);

    private static final Duration COMPUTED = Duration.ofMillis(2_500);
    private static final Duration BETWEEN_CLASSES = Duration.ofMillis(LIMIT_MILLIS / 5);
    private static final int BUSY_A_PROCESSOR = 8;

    /** The least of a processor's time. */
    private static final String NICENESS = "19";

    /** Ten looks take the loop another limit's time at least, of which it computes little on a crowded machine. */
    private static final int LOOKS = 10;

    /** How long a loop is looked at, on a machine where nothing comes in time. */
    private static final Duration LOOKED_AT = Duration.ofSeconds(40);

    private final BlockedLoops watching = new BlockedLoops();
    private final AtomicInteger reported = new AtomicInteger();
    private final Handler reports = new LogListener(report -> {
        reported.incrementAndGet();
    });
    private final Vertx vertx = Vertx.vertx(new VertxOptions()
            .setEventLoopPoolSize(1)
            .setMaxEventLoopExecuteTime(LIMIT_MILLIS)
            .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS)
            .setWarningExceptionTime(LIMIT_MILLIS)
            .setWarningExceptionTimeUnit(TimeUnit.MILLISECONDS)
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
    void close() throws Exception {
        VERTX.removeHandler(reports);
        // The loop of the next test has the same name.
        vertx.close().toCompletionStage().toCompletableFuture().get(1, TimeUnit.MINUTES);
    }

    /** Runs this on an event loop; returns when it has. */
    private void onLoop(Callable<Void> task) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        vertx.runOnContext(v -> {
            try {
                done.complete(task.call());
            } catch (Exception | AssertionError e) {
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

    /** Does it again and again until there were so many reports. */
    private void repeat(Task task, int reports) throws Exception {
        long began = System.nanoTime();
        while (reported.get() < reports) {
            assertTrue(System.nanoTime() - began < LOOKED_AT.toNanos(), () -> reported + " reports");
            task.run();
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
            // Who looks may be late.
            repeat(Thread::onSpinWait, reported.get() + 1);
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
            repeat(Thread::onSpinWait, LOOKS);
            return null;
        }));

        assertDoesNotThrow(() -> watching.afterAll(null));
    }

    @Test
    void blamesNoLoopThatOthersKeepFromTheProcessorsWithinARead() throws Exception {
        try (ServerSocketChannel silent =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel socket = SocketChannel.open(silent.getLocalAddress())) {
            socket.configureBlocking(false);
            ByteBuffer bytes = ByteBuffer.allocateDirect(1);

            crowded(() -> onLoop(() -> {
                repeat(() -> socket.read(bytes), LOOKS);
                return null;
            }));
        }

        assertDoesNotThrow(() -> watching.afterAll(null));
    }

    @Test
    void blamesNoLoopThatRunsCodeForTheFirstTime() throws Exception {
        byte[] code = code();
        onLoop(() -> {
            // Who reports may be late, and what the loop did before that is then forgotten: so it loads some all the
            // time.
            for (Duration computed = ZERO;
                    computed.compareTo(COMPUTED) < 0;
                    computed = computed.plus(BETWEEN_CLASSES)) {
                for (int i = 0; i < 100; i++) {
                    new OneClass().define(code);
                }
                compute(BETWEEN_CLASSES);
            }
            repeat(Thread::onSpinWait, reported.get() + 1);
            return null;
        });

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
    private void crowded(Task task) throws Exception {
        List<Process> busy = new ArrayList<>();
        onLoop(() -> {
            giveWay();
            return null;
        });
        try {
            for (int i = 0; i < BUSY_A_PROCESSOR * Runtime.getRuntime().availableProcessors(); i++) {
                busy.add(busy());
            }
            task.run();
        } finally {
            busy.forEach(Process::destroyForcibly);
        }
    }

    /**
     * A process that has much to do until this one ends, and leaves the processors to others than the loop. No thread of this one:
     * where the garbage collector waits for many that get no processor, a loop waits for it, too.
     */
    private static Process busy() throws IOException {
        return new ProcessBuilder("nice", "-n", NICENESS, "sh", "-c", "while kill -0 $PPID; do :; done").start();
    }

    /** Leaves the processors to other processes: a crowd is to keep them from a loop alone. */
    private static void giveWay() {
        try {
            String thread =
                    Path.of("/proc/thread-self").toRealPath().getFileName().toString();
            Process renice = new ProcessBuilder("renice", "-n", NICENESS, "-p", thread)
                    .redirectErrorStream(true)
                    .start();
            String said = new String(renice.getInputStream().readAllBytes(), UTF_8);
            assertEquals(0, renice.waitFor(), said);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
