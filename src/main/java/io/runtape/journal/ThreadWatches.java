package io.runtape.journal;

import io.runtape.access.Owner;
import io.runtape.journal.sql.RunWrite;
import io.runtape.run.RunHead;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Watches for runs that join a thread. Safe for any thread. */
final class ThreadWatches {

    private final Map<List<String>, List<Runnable>> watches = new ConcurrentHashMap<>();

    Runnable watch(Owner owner, String threadId, Runnable call) {
        List<String> key = List.of(owner.id(), threadId);
        watches.compute(key, (k, calls) -> {
            List<Runnable> all = calls == null ? new CopyOnWriteArrayList<>() : calls;
            all.add(call);
            return all;
        });
        return () -> watches.computeIfPresent(key, (k, calls) -> {
            calls.remove(call);
            return calls.isEmpty() ? null : calls;
        });
    }

    /** A write is durable; if it settled a thread, calls that thread's watches. */
    void published(RunWrite write) {
        RunHead head = write.head();
        if (head != null && !watches.isEmpty()) {
            List<Runnable> calls = watches.get(List.of(write.run().owner(), head.threadId()));
            if (calls != null) {
                calls.forEach(Runnable::run);
            }
        }
    }

    /** A run has joined a thread at another gateway, which gives only the thread's {@link #hash}. */
    void published(int hash) {
        watches.forEach((key, calls) -> {
            if (key.hashCode() == hash) {
                calls.forEach(Runnable::run);
            }
        });
    }

    /** Runs may have joined any thread. */
    void publishedAll() {
        watches.values().forEach(calls -> calls.forEach(Runnable::run));
    }

    /** The short name of a thread between gateways, the same at each of them. Two threads may share one. */
    static int hash(String owner, String threadId) {
        return List.of(owner, threadId).hashCode();
    }
}
