package io.runtape.pack;

import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.RunningGateway;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** The runs that are next to be packed are found by an index, however many there are. */
abstract class PackPlanTest extends RunningGateway {

    @Test
    void findsTheRunsThatAreNextInTheirOrder() throws SQLException {
        String rested = LargeTables.with(RestedWalk.RESTED, time(2020), time(2030), "100");

        LargeTables.requireOrder(store(), rested, "run_unpacked", "run_packed_at_completed_at_run_pk_idx");
    }

    private static String time(int year) {
        return "timestamp with time zone '" + year + "-01-01 00:00:00+00'";
    }
}
