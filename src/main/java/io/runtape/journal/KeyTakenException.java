package io.runtape.journal;

/** Another run has the run's idempotency key: this one was not recorded. */
public final class KeyTakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KeyTakenException() {
        super("the idempotency key has a run", null, false, false);
    }
}
