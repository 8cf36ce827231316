package io.runtape.archive;

import java.io.Serial;

/** A run of an archive cannot be made again; its message is for the caller. */
final class DamagedRunException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    DamagedRunException(String message) {
        super(message, null, false, false);
    }
}
