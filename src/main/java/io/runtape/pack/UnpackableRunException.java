package io.runtape.pack;

import java.io.Serial;

/** The frames of a run are not those that its row tells of, so that they stay as they are. */
final class UnpackableRunException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    UnpackableRunException(String message) {
        super(message);
    }
}
