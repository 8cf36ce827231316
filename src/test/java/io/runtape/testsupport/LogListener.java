package io.runtape.testsupport;

import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/** Hands each record of a log to a test. */
public final class LogListener extends Handler {

    private final Consumer<LogRecord> heard;

    public LogListener(Consumer<LogRecord> heard) {
        this.heard = heard;
    }

    @Override
    public void publish(LogRecord entry) {
        heard.accept(entry);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
