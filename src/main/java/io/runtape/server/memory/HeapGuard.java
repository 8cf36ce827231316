package io.runtape.server.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.quarkus.runtime.ImageMode;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Ends the process when its heap is used up: the thread that met the failure may have left anything half done.
 * Everything that clients have seen is in the database, and the supervisor starts the gateway again.
 *
 * <p>{@code -XX:+ExitOnOutOfMemoryError} is the better way, since it exits at the first failed allocation. But a
 * running JVM cannot switch it on, and plain {@code java -jar} does not have it. Without the option this class finds
 * the failure in the log, where every unexpected failure ends up, and where it ends a thread: then there may be no
 * memory to log it with. It leaves tests and live reload alone, which share their JVM.
 */
@Singleton
final class HeapGuard {

    private static final org.jboss.logging.Logger LOG = org.jboss.logging.Logger.getLogger(HeapGuard.class);

    /** Before anything that could serve a request. */
    private static final int WATCHES_AT = 10;

    /** The exit code of a JVM that exits by itself. */
    private static final int EXIT_CODE = 3;

    private static final String EXITS_BY_ITSELF = "ExitOnOutOfMemoryError";

    private static final byte[] LAST_WORDS = "Terminating: the heap is used up\n".getBytes(StandardCharsets.US_ASCII);

    /** Writes without taking memory, which {@code System.err} does not. */
    private final OutputStream out = new FileOutputStream(FileDescriptor.err);

    void start(@Observes @Priority(WATCHES_AT) StartupEvent event) {
        if (LaunchMode.current() != LaunchMode.NORMAL) {
            return;
        }
        Logger.getLogger("").addHandler(new Watch());
        Thread.setDefaultUncaughtExceptionHandler(this::endOfThread);
        if (ImageMode.current() == ImageMode.JVM && !exitsByItself()) {
            LOG.warnf(
                    "started without -XX:+%s: when memory runs out, this gateway ends only where it notices",
                    EXITS_BY_ITSELF);
        }
    }

    /** Whether the JVM exits by itself; true if it does not know the option. */
    private static boolean exitsByItself() {
        try {
            @Nullable
            HotSpotDiagnosticMXBean options = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            return options == null
                    || Boolean.parseBoolean(options.getVMOption(EXITS_BY_ITSELF).getValue());
        } catch (IllegalArgumentException e) {
            return true;
        }
    }

    private void end() {
        try {
            out.write(LAST_WORDS);
        } catch (IOException nobodyReads) {
            // It ends all the same.
        } finally {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }

    /** Of threads that nobody catches the failures of. */
    private void endOfThread(Thread thread, Throwable failure) {
        boolean usedUp = true;
        try {
            usedUp = HeapFailure.isIn(failure);
        } finally {
            // To tell one failure from another takes memory, too.
            if (usedUp) {
                end();
            }
        }
        LOG.errorf(failure, "the thread %s has ended", thread.getName());
    }

    /** Safe for any thread. */
    private final class Watch extends Handler {

        @Override
        public void publish(LogRecord report) {
            if (HeapFailure.isIn(report.getThrown())) {
                end();
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
