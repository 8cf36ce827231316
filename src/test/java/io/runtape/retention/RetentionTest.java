package io.runtape.retention;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.server.memory.ByteBudget;
import io.runtape.store.SqlFault;
import jakarta.persistence.PersistenceException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** The frames of a run stay for good only if its transcript can never be made. */
class RetentionTest {

    private static ApiException unread(SQLException fault) {
        return ApiException.of(ErrorCode.STORE_UNAVAILABLE, "The run's frames could not be read.", fault);
    }

    @Test
    void triesLaterWhereMemoryOrTheDatabaseIsShort() {
        assertTrue(Retention.mayPass(ByteBudget.overloaded()));
        assertTrue(Retention.mayPass(ApiException.of(ErrorCode.STORE_UNAVAILABLE, "The database does not answer.")));
        assertTrue(Retention.mayPass(unread(new SQLException("no connection within 5 s"))));
        assertTrue(Retention.mayPass(new PersistenceException(new SQLException("too many clients", "53300"))));
    }

    @Test
    void givesARunUpThatCannotBeRead() {
        assertFalse(Retention.mayPass(unread(new SQLException("a block cannot be read", SqlFault.DAMAGED_FRAMES))));
        assertFalse(Retention.mayPass(unread(new SQLException("a number is too large", "22003"))));
        assertFalse(Retention.mayPass(new IllegalStateException("a fault of the gateway")));
    }
}
