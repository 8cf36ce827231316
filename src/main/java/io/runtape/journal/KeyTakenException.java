package io.runtape.journal;

/** The run's idempotency key has a run already: nothing was recorded of this one. */
public final class KeyTakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KeyTakenException() {
        super("the idempotency key has a run", null, false, false);
    }
}
