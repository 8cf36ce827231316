package io.runtape.server.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.quarkus.runtime.ImageMode;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.lang.management.ManagementFactory;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Ends the process when its heap was used up: whichever thread met that has left something half done, and nobody knows what.
 * What clients have seen is in the database, and whatever runs the gateway starts it again.
 *
 * <p>{@code -XX:+ExitOnOutOfMemoryError} does so at the first allocation that fails, and is the better way: it needs nobody to
 * notice. A running JVM does not let it be switched on, and {@code java -jar} alone does not have it. So without it the failure
 * is looked for where it ends up, in the log: what no code of ours expects is logged, by the framework or by us. Tests and
 * live reload, which share their JVM, are left alone.
 */
@Singleton
final class HeapGuard {

    private static final org.jboss.logging.Logger LOG = org.jboss.logging.Logger.getLogger(HeapGuard.class);

    /** Before anything that a request could be served by. */
    private static final int WATCHES_AT = 10;

    /** What a JVM that exits by itself says. */
    private static final int EXIT_CODE = 3;

    private static final String EXITS_BY_ITSELF = "ExitOnOutOfMemoryError";

    void start(@Observes @Priority(WATCHES_AT) StartupEvent event) {
        if (LaunchMode.current() != LaunchMode.NORMAL) {
            return;
        }
        Logger.getLogger("").addHandler(new Watch());
        if (ImageMode.current() == ImageMode.JVM && !exitsByItself()) {
            LOG.warnf(
                    "started without -XX:+%s: when memory runs out, this gateway ends only where it notices",
                    EXITS_BY_ITSELF);
        }
    }

    /** Whether the JVM does; true where it does not know the option. */
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

    /** Safe for any thread. */
    private static final class Watch extends Handler {

        @Override
        public void publish(LogRecord report) {
            if (HeapFailure.isIn(report.getThrown())) {
                end();
            }
        }

        private static void end() {
            try {
                System.err.println("Terminating: the heap is used up");
            } finally {
                Runtime.getRuntime().halt(EXIT_CODE);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
