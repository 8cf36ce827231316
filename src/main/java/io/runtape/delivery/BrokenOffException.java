package io.runtape.delivery;

/** The run broke off, or can no longer be read: its reader must see a broken connection. */
public final class BrokenOffException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Whether to drop written bytes that the connection has not taken. */
    private final boolean atOnce;

    public BrokenOffException(String why) {
        this(why, false);
    }

    private BrokenOffException(String why, boolean atOnce) {
        super(why, null, false, false);
        this.atOnce = atOnce;
    }

    /** The client does not take its bytes, which must be dropped now. */
    static BrokenOffException untaken() {
        return new BrokenOffException("its client takes nothing", true);
    }

    boolean atOnce() {
        return atOnce;
    }
}
