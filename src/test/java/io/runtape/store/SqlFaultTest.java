package io.runtape.store;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlFaultTest {

    /** A file that is gone, a statement or a transaction that took too long, a lock, a disk, and a session that crashed at it. */
    @ParameterizedTest
    @ValueSource(strings = {"58P01", "57014", "25P04", "55P03", "40001", "HYT00", "53100", "XX000", "08006"})
    void aRunMayBeToBlameForWhatFailsAtIt(String state) {
        assertTrue(SqlFault.mayBeOfOneRun(new SQLException("it failed", state)));
    }

    /** A database that only reads, that refuses a login or a privilege, that has no table, no connection left, or stops. */
    @ParameterizedTest
    @ValueSource(strings = {"25006", "28P01", "42501", "42P01", "53300", "57P01", "57P02", "57P03"})
    void noRunIsToBlameForWhatFailsAtAllOfThem(String state) {
        assertFalse(SqlFault.mayBeOfOneRun(new SQLException("it failed", state)));
    }

    @Test
    void noRunIsToBlameForAPoolWithoutAConnection() {
        assertFalse(SqlFault.mayBeOfOneRun(new SQLException("no connection within 5 s")));
    }
}
