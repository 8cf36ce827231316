package io.runtape.model;

/** Another gateway, or the ghost of our own last connection, holds the database's gateway lock. */
public final class StoreTakenException extends Exception {
    private static final long serialVersionUID = 1L;

    StoreTakenException() {
        super("the gateway lock is held elsewhere");
    }
}
