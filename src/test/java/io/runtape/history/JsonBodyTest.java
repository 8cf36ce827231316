package io.runtape.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class JsonBodyTest {

    /** What is read of a body whose sender goes away in the middle of it. */
    private static final class BrokenOff extends InputStream {

        private boolean read;

        @Override
        public int read() throws IOException {
            if (read) {
                throw new IOException("the connection was closed");
            }
            read = true;
            return '{';
        }
    }

    @Test
    void countsABodyThatBreaksOffAsTheCallersFault() {
        ApiException refusal = assertThrows(ApiException.class, () -> JsonBody.object(new BrokenOff(), "unused"));

        assertEquals(ErrorCode.INVALID_REQUEST, refusal.code());
        assertEquals("The body did not arrive whole.", refusal.message());
    }
}
