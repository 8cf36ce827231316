package io.runtape.run;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.store.Engine;
import io.runtape.store.Store;
import io.runtape.testsupport.PlanRows;
import io.runtape.testsupport.RunningGateway;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a page costs does not grow with its run: by the rows that the database looks at for it, of a run of 100,000 frames. */
abstract class FrameReadingTest extends RunningGateway {

    private static final int FRAMES = 100_000;
    private static final int LIMIT = 500;

    /** More than so many rows have. */
    private static final long BYTES = 1 << 20;

    /** A run of no node, so that nobody drops its partition. */
    private static final long RUN_PK = 1;

    @BeforeEach
    void fill() throws SQLException {
        String numbers = store().engine() == Engine.H2 ? "system_range(1, %d) n(x)" : "generate_series(1, %d) n(x)";
        execute("insert into frame (run_pk, offset_us, sequence, kind, type, bytes) select " + RUN_PK
                + ", x, x, 1, 'token', cast('abc' as " + (store().engine() == Engine.H2 ? "varbinary" : "bytea")
                + ") from " + numbers.formatted(FRAMES));
        execute("insert into block (run_pk, last_sequence, content) select run_pk, sequence, bytes from frame"
                + " where run_pk = " + RUN_PK);
        execute("insert into packed_block (run_pk, last_sequence, plain_length, content)"
                + " select run_pk, sequence, 3, bytes from frame where run_pk = " + RUN_PK);
    }

    @AfterEach
    void empty() throws SQLException {
        for (FrameTable table : FrameTable.values()) {
            execute("delete from " + table.table() + " where run_pk = " + RUN_PK);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void looksAtNoMoreRowsThanItReads() throws SQLException {
        for (long after : List.of(0L, FRAMES / 2L, (long) FRAMES - LIMIT)) {
            looksAtNoMoreRowsThanItReads(after);
        }
    }

    private void looksAtNoMoreRowsThanItReads(long after) throws SQLException {
        for (FrameTable table : FrameTable.values()) {
            List<String> plans = new ArrayList<>(List.of(
                    plan(table.nextSizes("?", "?", "?"), RUN_PK, after, RUN_PK, after, after + LIMIT),
                    plan(table.sizesBackwards(), RUN_PK, after, after + LIMIT),
                    plan(table.between(), RUN_PK, after + 1, after + LIMIT)));

            if (store().engine() == Engine.POSTGRESQL && table != FrameTable.FRAME) {
                long[] parameters = {BYTES, RUN_PK, after, after + LIMIT, RUN_PK, after, BYTES};
                plans.add(plan(table.nextBlocks(), parameters));
                plans.add(keptPlan(table.nextBlocks(), parameters));
            }
            // H2 counts the rows around them too.
            for (String plan : plans) {
                long most = PlanRows.most(store().engine(), plan);
                assertTrue(most >= LIMIT && most <= LIMIT + 2, "after " + after + ": " + plan);
            }
        }
    }

    /** The plan that PostgreSQL keeps for whatever parameters, as packing has it do. */
    private String keptPlan(String select, long... parameters) throws SQLException {
        try (Connection connection = store().connect();
                Statement sql = connection.createStatement()) {
            connection.setAutoCommit(false);
            sql.execute(Store.ONE_PLAN_BY_KEY);
            sql.execute("prepare kept (" + String.join(", ", Collections.nCopies(parameters.length, "bigint")) + ") as "
                    + PlanRows.numbered(select));
            try (ResultSet row = sql.executeQuery("explain analyze execute kept ("
                    + Arrays.stream(parameters).mapToObj(Long::toString).collect(Collectors.joining(", ")) + ")")) {
                return lines(row);
            } finally {
                connection.rollback();
            }
        }
    }

    private String plan(String select, long... parameters) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement explain = connection.prepareStatement("explain analyze " + select)) {
            for (int i = 0; i < parameters.length; i++) {
                explain.setLong(1 + i, parameters[i]);
            }
            try (ResultSet row = explain.executeQuery()) {
                return lines(row);
            }
        }
    }

    private static String lines(ResultSet row) throws SQLException {
        StringBuilder lines = new StringBuilder();
        while (row.next()) {
            lines.append(row.getString(1)).append('\n');
        }
        return lines.toString();
    }
}
