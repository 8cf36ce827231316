package io.runtape.run;

import java.io.Serial;

/** What the database has of a body cannot be read: the database answers, and other runs can be read. */
public final class DamagedBodyException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    DamagedBodyException(String message) {
        super(message);
    }

    DamagedBodyException(String message, Throwable cause) {
        super(message, cause);
    }
}
