package io.runtape.delivery;

/** The run broke off, or can no longer be read: whoever is being sent it must see a broken connection. */
final class BrokenOffException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BrokenOffException(String why) {
        super(why, null, false, false);
    }
}
