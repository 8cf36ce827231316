package io.runtape.journal;

/** The bound on live runs is reached: nothing was recorded. */
public final class TooManyRunsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean ofOwner;

    TooManyRunsException(boolean ofOwner) {
        super("too many runs are live", null, false, false);
        this.ofOwner = ofOwner;
    }

    /** Whether the bound of one owner is reached, and not that of all owners together. */
    public boolean ofOwner() {
        return ofOwner;
    }
}
