package io.runtape.server.memory;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeapFailureTest {

    @Test
    void seesTheHeapBehindOtherFailures() {
        OutOfMemoryError heap = new OutOfMemoryError("Java heap space");

        assertTrue(HeapFailure.isIn(heap));
        assertTrue(HeapFailure.isIn(new CompletionException(new IllegalStateException(heap))));
        assertTrue(HeapFailure.isIn(new SQLException("OutOfMemoryError", "HY000", 90108, new OutOfMemoryError())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unable to create native thread: possibly out of memory or process/resource limits reached",
                "Cannot reserve 16777216 bytes of direct buffer memory (allocated: 1, limit: 2)",
                "Required length exceeds implementation limit",
                "Requested array size exceeds VM limit"
            })
    void leavesAloneWhatFailsOneCall(String message) {
        assertFalse(HeapFailure.isIn(new OutOfMemoryError(message)));
    }

    @Test
    void isNotHeldUpByFailuresThatCauseEachOther() {
        IllegalStateException one = new IllegalStateException();
        one.initCause(new IllegalStateException(one));

        assertFalse(HeapFailure.isIn(one));
        assertFalse(HeapFailure.isIn(null));
    }
}
