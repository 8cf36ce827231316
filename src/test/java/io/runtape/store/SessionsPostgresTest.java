package io.runtape.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunningGateway;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Readers and background work hand what they write to the disk as they go; the committer does not wait for it. */
@QuarkusTest
@WithTestResource(PostgresResource.class)
class SessionsPostgresTest extends RunningGateway {

    private static final Duration WITHIN = Duration.ofSeconds(10);

    @Inject
    DataSource pool;

    @Test
    void flushesBesideCommits() throws SQLException {
        try (Connection reader = pool.getConnection();
                Connection background = store().connect(WITHIN)) {
            assertEquals("512kB", flushesAfter(reader));
            assertEquals("512kB", flushesAfter(background));
        }
    }

    @Test
    void leavesThatOfTheCommitterAsItIs() throws SQLException {
        try (Connection committer = store().connectToWrite(WITHIN)) {
            assertEquals("0", flushesAfter(committer));
        }
    }

    private static String flushesAfter(Connection connection) throws SQLException {
        try (Statement show = connection.createStatement();
                ResultSet row = show.executeQuery("show backend_flush_after")) {
            row.next();
            return row.getString(1);
        }
    }
}
