package io.runtape.journal;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * What a commit has to tell, gathered by event loop, so that each loop is woken once a commit however many runs and readers
 * it serves. Confined to the committer's thread.
 */
final class Deliveries {

    private final Map<Executor, List<Runnable>> byLoop = new IdentityHashMap<>();

    void add(Executor loop, Runnable news) {
        byLoop.computeIfAbsent(loop, l -> new ArrayList<>()).add(news);
    }

    void dispatch() {
        byLoop.forEach((loop, news) -> loop.execute(() -> news.forEach(Runnable::run)));
        byLoop.clear();
    }
}
