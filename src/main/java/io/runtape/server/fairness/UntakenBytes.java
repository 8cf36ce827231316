package io.runtape.server.fairness;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts what was handed to sockets that do not take it: clients that read slowly, or not at all. What is with a socket cannot
 * be taken back, so where all of it is more than may be, connections are cut: of the owner that has the most, the one that has
 * taken nothing for the longest. Whoever is cut comes back where it was. Safe for any thread.
 */
@Singleton
public final class UntakenBytes {

    /** A client that takes something now and then is not cut before all is past twice its bound. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /**
     * Bytes that may be with sockets that do not take them: an eighth of the heap, 64 MiB at most. Not a constant of the class: a
     * native image would take the heap of the machine it was built on.
     */
    private final long bytesMax = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8);

    // All below is guarded by this.
    private final Map<String, Share> shares = new HashMap<>();
    private long bytes;

    /** What one owner's connections have, the longest first. */
    private static final class Share {
        private final Set<Held> held = new LinkedHashSet<>();
        private long bytes;
    }

    /** What is with one socket. */
    public static final class Held {
        private final String owner;
        private final long bytes;
        private final Runnable cut;
        private final long sinceNanos = System.nanoTime();

        private Held(String owner, long bytes, Runnable cut) {
            this.owner = owner;
            this.bytes = bytes;
            this.cut = cut;
        }
    }

    /**
     * Says that a socket does not take what it was given; {@link #release} is to be called when it has, or when it is closed.
     *
     * @param owner whose connection it is
     * @param cut closes the connection at once, without waiting for it to take anything; called on any thread, at most once,
     *     and not before this returns to another caller's thread
     */
    public Held hold(String owner, long count, Runnable cut) {
        Held held = new Held(owner, count, cut);
        Held tooMuch;
        synchronized (this) {
            Share share = shares.computeIfAbsent(owner, o -> new Share());
            share.held.add(held);
            share.bytes += count;
            bytes += count;
            tooMuch = tooMuch();
            if (tooMuch != null) {
                forget(tooMuch);
            }
        }
        if (tooMuch != null) {
            tooMuch.cut.run();
        }
        return held;
    }

    /** The socket has taken it, or is closed. */
    public synchronized void release(Held held) {
        forget(held);
    }

    private @Nullable Held tooMuch() {
        if (bytes <= bytesMax) {
            return null;
        }
        Share most = shares.values().stream()
                .max(Comparator.comparingLong(share -> share.bytes))
                .orElseThrow();
        Held longest = most.held.iterator().next();
        boolean patient = bytes <= 2 * bytesMax && System.nanoTime() - longest.sinceNanos < PATIENCE.toNanos();
        return patient ? null : longest;
    }

    private void forget(Held held) {
        Share share = shares.get(held.owner);
        if (share != null && share.held.remove(held)) {
            share.bytes -= held.bytes;
            bytes -= held.bytes;
            if (share.held.isEmpty()) {
                shares.remove(held.owner);
            }
        }
    }
}
