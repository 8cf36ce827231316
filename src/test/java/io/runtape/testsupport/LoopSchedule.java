package io.runtape.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * For how long the event loops of a process have run, and have waited for a processor that others had, as Linux counts it for each
 * thread, noted several times a second. Linux counts a wait when it is over, and at times a sleep with it: so what a thread that
 * could run did not run since it was looked at before is a wait, and what is counted later is none. Where the system does not
 * tell, none has run or waited. Safe for any thread.
 */
final class LoopSchedule implements AutoCloseable {

    private static final long PAUSE_MILLIS = 50;

    /** A thread gets its name when it has begun. */
    private static final int PAUSES_BETWEEN_NAMES = 20;

    /** What the system knows of the name: its first 15 characters. */
    private static final String NAME = "vert.x-eventloo";

    /** What follows the name of a thread that runs, or waits for a processor. */
    private static final Pattern CAN_RUN = Pattern.compile("\\) R [^)]*$");

    private final Path tasks;
    private final LongSupplier loadedClasses;
    private final @Nullable LongSupplier collectedMillis;
    private final NavigableMap<Long, Long> classes = new ConcurrentSkipListMap<>();
    private final NavigableMap<Long, Long> collections = new ConcurrentSkipListMap<>();
    private final Map<Long, Look> looks = new HashMap<>();
    private final Map<Long, NavigableMap<Long, Long>> ranNanos = new ConcurrentHashMap<>();
    private final Map<Long, NavigableMap<Long, Long>> waitedNanos = new ConcurrentSkipListMap<>();
    private final Set<Long> others = ConcurrentHashMap.newKeySet();
    private final Thread noting = new Thread(this::note, "loop-schedule");
    private volatile boolean closed;

    private LoopSchedule(long pid, LongSupplier loadedClasses, @Nullable LongSupplier collectedMillis) {
        this.tasks = Path.of("/proc", Long.toString(pid), "task");
        this.loadedClasses = loadedClasses;
        this.collectedMillis = collectedMillis;
        look();
        noting.setDaemon(true);
        noting.start();
    }

    /** Begins to note what the loops of that process run and wait. */
    static LoopSchedule of(long pid) {
        return new LoopSchedule(pid, () -> 0, null);
    }

    /** The same of this process, how many classes it loads, and how long the garbage collector stops it. */
    static LoopSchedule ofThisProcess() {
        return new LoopSchedule(
                ProcessHandle.current().pid(),
                ManagementFactory.getClassLoadingMXBean()::getTotalLoadedClassCount,
                () -> ManagementFactory.getGarbageCollectorMXBeans().stream()
                        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                        .sum());
    }

    private void note() {
        try {
            for (int i = 1; !closed && Files.exists(tasks); i++) {
                if (i % PAUSES_BETWEEN_NAMES == 0) {
                    others.clear();
                }
                look();
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the system has counted of a thread by then, in nanoseconds. */
    private record Look(long atNanos, long ran, long waited) {

        /** What it has waited since that look. */
        long waitedSince(Look before, boolean couldRun) {
            long notRun = Math.max(0, atNanos - before.atNanos - (ran - before.ran));
            return couldRun ? notRun : Math.min(notRun, waited - before.waited);
        }
    }

    /** Notes what they have run and waited until now. */
    synchronized void look() {
        classes.put(System.currentTimeMillis(), loadedClasses.getAsLong());
        if (collectedMillis != null) {
            collections.put(System.currentTimeMillis(), collectedMillis.getAsLong());
        }
        try (Stream<Path> threads = Files.list(tasks)) {
            threads.forEach(this::look);
        } catch (IOException | UncheckedIOException gone) {
            // The process has ended, or the system is another one.
        }
    }

    private void look(Path thread) {
        try {
            long id = Long.parseLong(thread.getFileName().toString());
            if (others.contains(id)) {
                return;
            }
            if (!waitedNanos.containsKey(id)
                    && !Files.readString(thread.resolve("comm")).startsWith(NAME)) {
                others.add(id);
                return;
            }
            boolean couldRun =
                    CAN_RUN.matcher(Files.readString(thread.resolve("stat"))).find();
            // What it ran, what it waited while it could have run, and how often.
            String[] counts = Files.readString(thread.resolve("schedstat")).split(" ");
            Look look = new Look(System.nanoTime(), Long.parseLong(counts[0]), Long.parseLong(counts[1]));
            Look before = looks.getOrDefault(id, look);
            looks.put(id, look);
            long now = System.currentTimeMillis();
            ranNanos.computeIfAbsent(id, none -> new ConcurrentSkipListMap<>()).put(now, look.ran);
            NavigableMap<Long, Long> waits = waitedNanos.computeIfAbsent(id, none -> new ConcurrentSkipListMap<>());
            long waited = waits.isEmpty() ? 0 : waits.lastEntry().getValue();
            waits.put(now, waited + look.waitedSince(before, couldRun));
        } catch (IOException gone) {
            // The thread has ended.
        }
    }

    /** The threads that are event loops, as the system numbers them, in the order in which they began. */
    List<Long> loops() {
        return new ArrayList<>(waitedNanos.keySet());
    }

    /** The threads of this JVM of that name, as the system numbers them. */
    static List<Long> threadsNamed(String name) {
        return Pattern.compile("^" + Pattern.quote('"' + name + '"') + " .* nid=(\\w+)", Pattern.MULTILINE)
                .matcher(DiagnosticCommand.output("threadPrint"))
                .results()
                .map(thread -> Long.decode(thread.group(1)))
                .toList();
    }

    /** For how long that thread ran within the time before, in milliseconds. */
    long ranMillis(long loop, long untilEpochMillis, long millisBefore) {
        return TimeUnit.NANOSECONDS.toMillis(
                grown(ranNanos.getOrDefault(loop, new TreeMap<>()), untilEpochMillis, millisBefore));
    }

    /** For how long that thread waited for a processor within the time before, in milliseconds. */
    long waitedMillis(long loop, long untilEpochMillis, long millisBefore) {
        return TimeUnit.NANOSECONDS.toMillis(
                grown(waitedNanos.getOrDefault(loop, new TreeMap<>()), untilEpochMillis, millisBefore));
    }

    /** How many classes the process loaded within the time before; none where that is not known. */
    long classesLoaded(long untilEpochMillis, long millisBefore) {
        return grown(classes, untilEpochMillis, millisBefore);
    }

    /** For how long the garbage collector stopped the process within the time before; all of it where that is not known. */
    long collectedMillis(long untilEpochMillis, long millisBefore) {
        return collectedMillis == null ? millisBefore : grown(collections, untilEpochMillis, millisBefore);
    }

    private static long grown(NavigableMap<Long, Long> noted, long untilEpochMillis, long millisBefore) {
        SortedMap<Long, Long> before = noted.headMap(untilEpochMillis - millisBefore, true);
        SortedMap<Long, Long> after = noted.tailMap(untilEpochMillis, true);
        if (noted.isEmpty()) {
            return 0;
        }
        long from = before.isEmpty() ? noted.firstEntry().getValue() : before.get(before.lastKey());
        long to = after.isEmpty() ? noted.lastEntry().getValue() : after.get(after.firstKey());
        return to - from;
    }

    @Override
    public void close() {
        closed = true;
    }
}
