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
 * Counts the bytes in sockets that do not take them, because their clients read slowly or not at all. The gateway
 * cannot take bytes back from a socket. So when the sum exceeds its bound, it cuts connections: of the owner with the
 * most bytes, the connection that has taken nothing for the longest. A client that was cut resumes where it was. Safe
 * for any thread.
 */
@Singleton
public final class UnsentBytes {

    /** A client that still takes something now and then is cut only past twice the bound. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /**
     * The most bytes that sockets may hold untaken: an eighth of the heap, 64 MiB at most. Not a constant: a native
     * image would take the heap of the build machine.
     */
    private final long bytesMax = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8);

    // All below is guarded by this.
    private final Map<String, Share> shares = new HashMap<>();
    private long bytes;

    /** The bytes of one owner's connections, the longest idle first. */
    private static final class Share {
        private final Set<Held> held = new LinkedHashSet<>();
        private long bytes;
    }

    /** The untaken bytes of one socket. */
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
     * Notes that a socket does not take its bytes; call {@link #release} when it has taken them, or is closed.
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

    /** The socket has taken the bytes, or is closed. */
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
