package io.runtape.store;

import io.quarkus.runtime.PreventFurtherStepsException;

/** The gateway cannot start. It prints only the message, which is for the operator, and exits with 1. */
public final class StartupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong and what to do about it, in a sentence or two, without secrets */
    public StartupException(String message) {
        // The framework looks for this cause: it prints the message without a stack trace.
        super(message, new PreventFurtherStepsException(message, 1), false, false);
    }
}
