package io.runtape.delivery;

/** The run broke off, or can no longer be read: whoever is being sent it must see a broken connection. */
public final class BrokenOffException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Whether nothing more may wait for the connection, not even what was written. */
    private final boolean atOnce;

    public BrokenOffException(String why) {
        this(why, false);
    }

    private BrokenOffException(String why, boolean atOnce) {
        super(why, null, false, false);
        this.atOnce = atOnce;
    }

    /** The client does not take what it is sent, which is to be let go of now. */
    static BrokenOffException untaken() {
        return new BrokenOffException("its client takes nothing", true);
    }

    boolean atOnce() {
        return atOnce;
    }
}
