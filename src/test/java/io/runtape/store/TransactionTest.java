package io.runtape.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.RunningGateway;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Statements of one transaction count all together or not at all. */
abstract class TransactionTest extends RunningGateway {

    private static final String NAME = "transaction-test";

    private static void insert(Connection connection) throws SQLException {
        try (Statement insert = connection.createStatement()) {
            insert.execute("insert into thread (owner, id, created_at, updated_at)" + " values ('" + NAME + "', '"
                    + NAME + "', current_timestamp, current_timestamp)");
        }
    }

    private static int takeAway(Connection connection) throws SQLException {
        try (Statement delete = connection.createStatement()) {
            return delete.executeUpdate("delete from thread where owner = '" + NAME + "'");
        }
    }

    @Test
    void keepsAll() throws SQLException {
        try (Connection connection = store().connect()) {
            assertEquals(7, Transaction.in(connection, () -> {
                insert(connection);
                return 7;
            }));

            assertEquals(1, takeAway(connection));
        }
    }

    /** What throws may be an error of the machine, such as one of memory. */
    @ParameterizedTest
    @ValueSource(classes = {SQLException.class, IllegalStateException.class, StackOverflowError.class})
    void keepsNothingWhereOneFails(Class<? extends Throwable> kind) throws Exception {
        Throwable fault = kind.getConstructor().newInstance();
        try (Connection connection = store().connect()) {
            Throwable thrown = assertThrows(
                    kind,
                    () -> Transaction.in(connection, () -> {
                        insert(connection);
                        throw sneaky(fault);
                    }));

            assertSame(fault, thrown);
            assertTrue(connection.getAutoCommit());
            assertEquals(0, takeAway(connection), "half of it was committed");
            try (Statement select = connection.createStatement();
                    ResultSet row = select.executeQuery("select 1")) {
                assertTrue(row.next(), "the connection can be used again");
            }
        }
    }

    private static RuntimeException sneaky(Throwable fault) throws SQLException {
        if (fault instanceof SQLException e) {
            throw e;
        }
        if (fault instanceof Error e) {
            throw e;
        }
        return (RuntimeException) fault;
    }
}
