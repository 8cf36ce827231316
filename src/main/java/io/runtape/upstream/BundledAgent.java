package io.runtape.upstream;

/** The agent API that answers where no other one is configured. */
public interface BundledAgent {

    /** Its origin on this machine, such as {@code http://127.0.0.1:41234}; it listens there from the first request on. */
    String origin();
}
