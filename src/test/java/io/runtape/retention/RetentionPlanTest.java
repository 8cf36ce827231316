package io.runtape.retention;

import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.RunningGateway;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** The runs that were kept the longest are found by an index, however many there are. */
abstract class RetentionPlanTest extends RunningGateway {

    @Test
    void findsTheRunsThatEndedFirstInTheirOrder() throws SQLException {
        String ended = EndedWalk.ENDED
                .replaceFirst("\\?", "timestamp with time zone '1970-01-01 00:00:00+00'")
                .replaceFirst("\\?", "timestamp with time zone '2030-01-01 00:00:00+00'")
                .replace("?", "500");

        LargeTables.requireOrder(store(), ended, "run_by_completion", "run_completed_at_idx");
    }
}
