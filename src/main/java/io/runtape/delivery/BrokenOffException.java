package io.runtape.delivery;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The run broke off, or can no longer be read: its reader must see a broken connection. */
public final class BrokenOffException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Whether to drop written bytes that the connection has not taken. */
    private final boolean atOnce;

    public BrokenOffException(String why) {
        this(why, null, false);
    }

    /** What is in the database could not be read. */
    BrokenOffException(String why, SQLException cause) {
        this(why, cause, false);
    }

    private BrokenOffException(String why, @Nullable SQLException cause, boolean atOnce) {
        super(why, cause, false, false);
        this.atOnce = atOnce;
    }

    /** The client does not take its bytes, which must be dropped now. */
    static BrokenOffException untaken() {
        return new BrokenOffException("its client takes nothing", null, true);
    }

    boolean atOnce() {
        return atOnce;
    }
}
