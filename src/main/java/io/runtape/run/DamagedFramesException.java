package io.runtape.run;

import io.runtape.store.SqlFault;
import java.io.Serial;
import java.sql.SQLException;

/** The database answers, but what it has of a run's frames cannot be read, or is not whole. */
public final class DamagedFramesException extends SQLException {

    @Serial
    private static final long serialVersionUID = 1L;

    DamagedFramesException(String message) {
        super(message, SqlFault.DAMAGED_FRAMES);
    }

    DamagedFramesException(String message, Throwable cause) {
        super(message, SqlFault.DAMAGED_FRAMES, cause);
    }

    /** The row that follows so many frames of a run cannot be read. */
    static DamagedFramesException behind(long frames, RuntimeException cause) {
        return new DamagedFramesException(
                "The block of a run that begins with frame " + (frames + 1) + " cannot be read", cause);
    }
}
