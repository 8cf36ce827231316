package io.runtape.store;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class StoreFailuresTest {

    @Test
    void anOutageMayPassAndWhatIsDamagedMayNot() {
        assertTrue(StoreFailures.mayPass(new SQLException("lost", "08006")));
        assertTrue(StoreFailures.mayPass(new IllegalStateException(new SQLException("lost", "08006"))));
        assertFalse(StoreFailures.mayPass(new SQLException("damaged", SqlFault.DAMAGED_FRAMES)));
        assertFalse(StoreFailures.mayPass(new IllegalStateException("no database in it")));
    }

    /** The database is not away, and coming back is of no use. */
    @Test
    void aDriverThatRunsOutOfMemoryIsNoOutage() {
        assertFalse(StoreFailures.mayPass(new SQLException("General error", "HY000", new OutOfMemoryError("x"))));
    }
}
