package io.runtape.upstream;

/** The agent API that answers if no other one is configured. */
public interface BundledAgent {

    /**
     * Its origin on this machine, for example {@code http://127.0.0.1:41234}; it listens there before the first
     * request.
     */
    String origin();
}
