package io.runtape.retention;

import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.RunningGateway;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** The runs that were kept the longest are found by an index, however many there are. */
abstract class RetentionPlanTest extends RunningGateway {

    @Test
    void findsTheRunsThatEndedFirstInTheirOrder() throws SQLException {
        String ended = LargeTables.with(EndedWalk.ENDED, time(1970), "1", time(1970), time(2030), "500");

        LargeTables.requireOrder(store(), ended, "run_by_end", "run_completed_at_run_pk_idx");
    }

    private static String time(int year) {
        return "timestamp with time zone '" + year + "-01-01 00:00:00+00'";
    }
}
