package io.runtape.testsupport;

import io.quarkus.test.junit.callback.QuarkusTestAfterAllCallback;
import io.quarkus.test.junit.callback.QuarkusTestBeforeClassCallback;
import io.quarkus.test.junit.callback.QuarkusTestContext;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.logmanager.ExtLogRecord;

/**
 * Fails each test class of the running gateway during which an event loop was reported to be blocked. Registered as a service, so
 * that no class can forget it; {@link GatewayProcess} looks for the same reports in what its process prints. Safe for any
 * thread.
 *
 * <p>Reports are made by the clock. What counts of that time is what the loop's thread slept, or waited for anything but a
 * processor and the garbage collector: see {@link LoopSchedule}. For how long that stops a gateway is not known, so that there only
 * waiting counts that its stack shows. What it computes counts from {@link #COMPUTED_MAX_MILLIS} on,
 * since most of it runs for the first time here, a hundred times slower than later. A machine whose processors others have is no
 * block.
 *
 * <p>Begins with the first test of a class, when the application has started: what it loads before that holds up nobody. Nor
 * does it count where the loop was found loading or linking classes: a JVM does so once, and takes long only where other
 * processes have the processors.
 */
public final class BlockedLoops extends Handler implements QuarkusTestBeforeClassCallback, QuarkusTestAfterAllCallback {

    private static final List<Logger> WATCHES = List.of(
            Logger.getLogger("io.vertx.core.impl.BlockedThreadChecker"),
            Logger.getLogger("io.runtape.server.loop.LoopWatch"));

    private static final Pattern REPORT = Pattern.compile("(vert\\.x-eventloop-thread-(\\d+)).*"
            + " (?:has been blocked for (\\d+) ms, time limit is (\\d+) ms|came round (\\d+) ms late)");

    /** How late {@code LoopWatch} lets a loop come round. */
    private static final long LATE_MAX_MILLIS = 2_000;

    /** For how long a loop may compute at once, in a process that has run little of its code before. */
    private static final long COMPUTED_MAX_MILLIS = 2_000;

    /** A loop that serves its first calls loads hundreds of classes. */
    private static final int FEW_CLASSES = 50;

    /** The rest of a stack tells how a request comes to any handler. */
    private static final int SHOWN_LINES = 40;

    /** How each line of a gateway's log begins. */
    private static final DateTimeFormatter LOGGED = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS");

    private static final int LOGGED_LENGTH = "2026-01-31 23:59:59,999".length();

    private static final List<Report> REPORTS = new CopyOnWriteArrayList<>();

    private static final AtomicReference<LoopSchedule> SCHEDULE = new AtomicReference<>();

    private static final Pattern LOADS_CLASSES = Pattern.compile(
            "java\\.lang\\.(ClassLoader|Class\\.(getRawAnnotations|getDeclared\\w+0|forName0)|invoke\\.MethodHandleNatives)|jdk\\.internal\\.loader"
                    + "|quarkus\\.bootstrap\\.(runner\\.RunnerClassLoader|classloading\\.QuarkusClassLoader)");

    /** What a thread is in that has nothing to compute, as the first line of its stack says. */
    private static final Pattern WAITS = Pattern.compile("\\A.*\\R\\s+at (?:\\S+/)?(?:java\\.lang\\.Thread\\.sleep"
            + "|java\\.lang\\.Object\\.wait|jdk\\.internal\\.misc\\.Unsafe\\.park"
            + "|(?:sun\\.nio\\.ch|java\\.net|java\\.io)\\.\\w+\\.\\w*(?i:poll|read|accept|connect)\\w*)");

    /** That a loop has been held up for so long until then, and with its stack where that is known. */
    private record Report(String loop, int number, long atEpochMillis, long millis, long allowed, String text) {

        static boolean isIn(String message) {
            return REPORT.matcher(message).find();
        }

        static Report of(String message, long atEpochMillis, String text) {
            Matcher said = REPORT.matcher(message);
            if (!said.find()) {
                throw new IllegalArgumentException(message);
            }
            boolean blocked = said.group(3) != null;
            return new Report(
                    said.group(1),
                    Integer.parseInt(said.group(2)),
                    atEpochMillis,
                    Long.parseLong(said.group(blocked ? 3 : 5)),
                    blocked ? Long.parseLong(said.group(4)) : LATE_MAX_MILLIS,
                    text);
        }

        /** Of several threads of that name, all but one belong to applications that have nothing to do, and wait for nothing. */
        boolean counts(LoopSchedule schedule, List<Long> threads) {
            long computed = threads.stream()
                    .mapToLong(thread -> Math.min(millis, schedule.ranMillis(thread, atEpochMillis, millis)))
                    .max()
                    .orElse(0);
            long starved = threads.stream()
                    .mapToLong(thread -> schedule.waitedMillis(thread, atEpochMillis, millis))
                    .max()
                    .orElse(0);
            long stopped = schedule.collectedMillis(atEpochMillis, millis);
            // A read may be found without waiting: its loop has got no processor since.
            boolean waits = WAITS.matcher(text).find() && millis - computed - starved >= allowed;
            boolean heldUp = computed >= COMPUTED_MAX_MILLIS || millis - computed - starved - stopped >= allowed;
            boolean firstTime = schedule.classesLoaded(atEpochMillis, millis) > FEW_CLASSES;
            return (waits || heldUp && !firstTime)
                    && !LOADS_CLASSES.matcher(text).find();
        }
    }

    /** What a gateway has printed beside such reports and their stacks. */
    static List<String> without(List<String> lines) {
        List<String> others = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (Report.isIn(lines.get(i))) {
                i = endOfStack(lines, i) - 1;
            } else {
                others.add(lines.get(i));
            }
        }
        return others;
    }

    /** The reports in what a gateway has printed that count, each with its stack. */
    static List<String> in(List<String> lines, LoopSchedule schedule) {
        List<Long> loops = schedule.loops();
        List<String> reports = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (Report.isIn(lines.get(i))) {
                Report report = Report.of(
                        lines.get(i),
                        loggedAt(lines.get(i)),
                        String.join("\n", lines.subList(i, endOfStack(lines, i))));
                // Loops are numbered as they begin.
                List<Long> thread = report.number() < loops.size() ? List.of(loops.get(report.number())) : List.of();
                if (report.counts(schedule, thread)) {
                    reports.add(report.text());
                }
            }
        }
        return reports;
    }

    private static int endOfStack(List<String> lines, int report) {
        int end = report + 1;
        while (end < lines.size() && lines.get(end).startsWith("\tat ")) {
            end++;
        }
        return end;
    }

    private static long loggedAt(String line) {
        return LocalDateTime.parse(line.substring(0, LOGGED_LENGTH), LOGGED)
                .atZone(ZoneId.systemDefault())
                .toInstant()
                .toEpochMilli();
    }

    @Override
    public void beforeClass(Class<?> testClass) {
        REPORTS.clear();
        SCHEDULE.set(LoopSchedule.ofThisProcess());
        WATCHES.forEach(watch -> watch.addHandler(this));
    }

    @Override
    public void publish(LogRecord report) {
        String message =
                report instanceof ExtLogRecord formatted ? formatted.getFormattedMessage() : report.getMessage();
        if (Report.isIn(message)) {
            StringBuilder text = new StringBuilder(message);
            if (report.getThrown() != null) {
                for (StackTraceElement at : report.getThrown().getStackTrace()) {
                    text.append("\n    at ").append(at);
                }
            }
            REPORTS.add(Report.of(message, report.getMillis(), text.toString()));
        }
    }

    @Override
    public void afterAll(QuarkusTestContext context) {
        WATCHES.forEach(watch -> watch.removeHandler(this));
        List<String> reports;
        try (LoopSchedule schedule = SCHEDULE.getAndSet(null)) {
            schedule.look();
            reports = REPORTS.stream()
                    .filter(report -> report.counts(schedule, LoopSchedule.threadsNamed(report.loop())))
                    .map(Report::text)
                    .toList();
        }
        REPORTS.clear();
        if (!reports.isEmpty()) {
            throw new AssertionError(reports.size() + " times an event loop was blocked, the first time:\n"
                    + reports.get(0).lines().limit(SHOWN_LINES).collect(Collectors.joining("\n")));
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
