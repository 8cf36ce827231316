package io.runtape.journal;

/** So many runs are live that no further one is taken: nothing was recorded. */
public final class TooManyRunsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean ofOwner;

    TooManyRunsException(boolean ofOwner) {
        super("too many runs are live", null, false, false);
        this.ofOwner = ofOwner;
    }

    /** Whether it is the bound of one owner that is reached, and not that of all together. */
    public boolean ofOwner() {
        return ofOwner;
    }
}
