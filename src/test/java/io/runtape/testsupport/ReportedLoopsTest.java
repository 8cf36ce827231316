package io.runtape.testsupport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a gateway prints beside its reports of blocked loops. */
class ReportedLoopsTest {

    @Test
    void leavesOutReportsWithTheirStacksAndNothingElse() {
        String report =
                "2026-01-31 17:04:19,290 WARN  [io.ve.co.im.BlockedThreadChecker] (vertx-blocked-thread-checker)"
                        + " Thread Thread[vert.x-eventloop-thread-0,5,main] has been blocked for 523 ms, time limit is 500 ms:"
                        + " io.vertx.core.VertxException: Thread blocked";
        String late = "2026-01-31 17:04:20,001 WARN  [io.ru.se.lo.LoopWatch] (vert.x-eventloop-thread-1)"
                + " vert.x-eventloop-thread-1 came round 2100 ms late";
        String stack = "\tat app//io.vertx.core.net.impl.ConnectionBase.read(ConnectionBase.java:160)";
        String first = "2026-01-31 17:04:18,100 INFO  [io.quarkus] (main) started";
        String fault = "2026-01-31 17:04:21,000 ERROR [io.ru.st.Store] (main) java.sql.SQLException";

        assertEquals(
                List.of(first, fault, stack, "last"),
                BlockedLoops.without(List.of(first, report, stack, stack, late, fault, stack, report, stack, "last")));
    }
}
