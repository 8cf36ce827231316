package io.runtape.history.thread;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.access.Owner;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Script;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The newest runs of threads are the same on both databases. */
abstract class ThreadRunsTest extends RecordedHistory {

    private static final Script DONE = Script.stream("event: run_completed\ndata: {}\n\n");

    @Inject
    ThreadRuns runs;

    /** Runs were deleted or imported: so many have joined the thread, and few of them are there. */
    @Test
    void findsTheNewestOfAThreadWithGaps() throws Exception {
        List<Long> recorded = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            recorded.add(0, table().key(record("{\"threadId\":\"" + thread + "\"}", DONE)));
        }
        try (Connection connection = store().connect();
                PreparedStatement gap =
                        connection.prepareStatement("update thread set last_ordinal = 2000 where id = ?")) {
            gap.setString(1, thread);
            assertEquals(1, gap.executeUpdate());
        }
        Owner owner = new Owner(json("/runs?limit=1").getString("data[0].owner"));

        List<ThreadRuns.RunOf> newest = runs.newestOf(owner, List.of(thread, "none"));

        assertEquals(recorded, newest.stream().map(ThreadRuns.RunOf::runPk).toList());
        assertEquals(
                List.of(thread, thread, thread),
                newest.stream().map(ThreadRuns.RunOf::threadId).toList());
    }
}
