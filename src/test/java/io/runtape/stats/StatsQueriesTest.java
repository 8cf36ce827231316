package io.runtape.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatsQueriesTest {

    @Test
    void aSegmentOfAPathMayBeAThread() {
        assertEquals(
                List.of("v1", "threads", "user:ana", "runs"),
                StatsQueries.idsIn("/v1/threads/user%3Aana/runs/v1/a%20b/.."));
    }

    /** Each takes a look-up, and a caller may send a path of thousands. */
    @Test
    void onlyTheFirstSegmentsOfALongPathMay() {
        String path = IntStream.range(0, 10_000).mapToObj(i -> "t" + i).collect(Collectors.joining("/"));

        List<String> ids = StatsQueries.idsIn(path);

        assertEquals(StatsQueries.SEGMENTS_MAX, ids.size());
        assertEquals("t63", ids.get(63));
    }
}
