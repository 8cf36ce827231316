package io.runtape.demo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The runs that the demo agent remembers, by id. Confined to the server's event loop. */
final class RecentRuns {
    /** Past it the oldest run is forgotten. One takes some kilobytes, and nobody looks further back in a demo. */
    static final int RUNS_MAX = 1_000;

    private final Map<String, DemoRun> runs = new LinkedHashMap<>();

    void add(DemoRun run) {
        runs.put(run.id(), run);
        if (runs.size() > RUNS_MAX) {
            Iterator<String> oldest = runs.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    @Nullable
    DemoRun byId(String id) {
        return runs.get(id);
    }

    List<DemoRun> newestFirst() {
        List<DemoRun> newest = new ArrayList<>(runs.values());
        Collections.reverse(newest);
        return newest;
    }
}
