package io.runtape.journal;

/** The database does not answer, or not in time: nothing was recorded. */
public final class StoreUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoreUnavailableException() {
        super("the database does not answer", null, false, false);
    }
}
