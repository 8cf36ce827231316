package io.runtape.testsupport;

import io.quarkus.test.junit.callback.QuarkusTestAfterAllCallback;
import io.quarkus.test.junit.callback.QuarkusTestBeforeClassCallback;
import io.quarkus.test.junit.callback.QuarkusTestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.jboss.logmanager.ExtLogRecord;

/**
 * Fails each test class of the running gateway during which an event loop was reported to be blocked. Registered as a service, so
 * that no class can forget it; {@link GatewayProcess} looks for the same reports in what its process prints. Safe for any
 * thread.
 *
 * <p>Begins with the first test of a class, when the application has started: what it loads before that holds up nobody. Nor
 * does it count where the loop was found loading or linking classes: a JVM does so once, and takes long only where other
 * processes have the processors.
 */
public final class BlockedLoops extends Handler implements QuarkusTestBeforeClassCallback, QuarkusTestAfterAllCallback {

    private static final List<Logger> WATCHES = List.of(
            Logger.getLogger("io.vertx.core.impl.BlockedThreadChecker"),
            Logger.getLogger("io.runtape.server.loop.LoopWatch"));

    private static final Pattern REPORT =
            Pattern.compile("vert\\.x-eventloop-thread.* (has been blocked for \\d+ ms|came round \\d+ ms late)");

    private static final List<String> REPORTS = new CopyOnWriteArrayList<>();

    private static final Pattern LOADS_CLASSES = Pattern.compile(
            "java\\.lang\\.(ClassLoader|Class\\.(getRawAnnotations|getDeclared\\w+0|forName0)|invoke\\.MethodHandleNatives)|jdk\\.internal\\.loader|quarkus\\.bootstrap\\.runner\\.RunnerClassLoader");

    private static boolean isReport(String line) {
        return REPORT.matcher(line).find();
    }

    private static boolean counts(String report) {
        return !LOADS_CLASSES.matcher(report).find();
    }

    /** The reports in what a gateway has printed, each with its stack. */
    static List<String> in(List<String> lines) {
        List<String> reports = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (isReport(lines.get(i))) {
                int end = i + 1;
                while (end < lines.size() && lines.get(end).startsWith("\tat ")) {
                    end++;
                }
                reports.add(String.join("\n", lines.subList(i, end)));
            }
        }
        return reports.stream().filter(BlockedLoops::counts).toList();
    }

    @Override
    public void beforeClass(Class<?> testClass) {
        REPORTS.clear();
        WATCHES.forEach(watch -> watch.addHandler(this));
    }

    @Override
    public void publish(LogRecord report) {
        String message =
                report instanceof ExtLogRecord formatted ? formatted.getFormattedMessage() : report.getMessage();
        if (isReport(message)) {
            StringBuilder text = new StringBuilder(message);
            if (report.getThrown() != null) {
                for (StackTraceElement at : report.getThrown().getStackTrace()) {
                    text.append("\n    at ").append(at);
                }
            }
            REPORTS.add(text.toString());
        }
    }

    @Override
    public void afterAll(QuarkusTestContext context) {
        WATCHES.forEach(watch -> watch.removeHandler(this));
        List<String> reports = REPORTS.stream().filter(BlockedLoops::counts).toList();
        REPORTS.clear();
        if (!reports.isEmpty()) {
            throw new AssertionError("An event loop was blocked:\n" + String.join("\n", reports));
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
