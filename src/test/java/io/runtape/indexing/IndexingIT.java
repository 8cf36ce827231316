package io.runtape.indexing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ShortRuns;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

/** Runs are indexed while the database fails at one of them. */
@Execution(CONCURRENT)
class IndexingIT {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final ScriptedUpstream upstream = new ScriptedUpstream();

    @AfterEach
    void stop() {
        upstream.close();
    }

    /** The frames of the last one of some runs cannot be read, for a fault that might pass. */
    @Test
    void indexesTheOthersWhereTheFramesOfOneCannotBeRead() throws Exception {
        String database = PostgresServer.freshDatabase();
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_ANONYMOUS", "true");
        settings.put("RUNTAPE_PACK_AFTER", "50ms");
        List<String> ids;
        try (Connection connection = PostgresServer.connect(database);
                Statement statement = connection.createStatement()) {
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                ids = ShortRuns.record(gateway, upstream, 4);
                RunTable.await(
                        "they are packed and indexed",
                        PATIENCE,
                        () -> left(connection, "packed_at is null or indexed_at is null") == 0 ? true : null);
            }
            statement.execute("delete from runtape.block");
            statement.execute("create function runtape.damaged(content bytea) returns bytea language plpgsql as"
                    + " $$ begin raise exception 'it cannot be read' using errcode = '58P01'; end $$");
            statement.execute("alter table runtape.packed_block rename to readable_block");
            statement.execute("create view runtape.packed_block as select run_pk, last_sequence, plain_length,"
                    + " case when run_pk < (select max(run_pk) from runtape.run) then content"
                    + " else runtape.damaged(content) end as content from runtape.readable_block");
            statement.execute("update runtape.run set indexed_at = null");
            settings.put("RUNTAPE_PACK_AFTER", "off");

            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                RunTable.await(
                        "the others are indexed",
                        PATIENCE,
                        () -> left(connection, "indexed_at is null") == 1 ? true : null);
                gateway.awaitLine("the indexing of run " + ids.get(3) + " of owner anonymous fails again");
                assertEquals(1, left(connection, "indexed_at is null"));
            }
        }
    }

    private static long left(Connection connection, String condition) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from runtape.run where " + condition)) {
            row.next();
            return row.getLong(1);
        }
    }
}
