package io.runtape.server.response;

import java.io.IOException;
import java.io.Writer;

/** A response that is text and is written while it is made, so that it is never in memory as a whole. */
@FunctionalInterface
public interface TextResponse {

    /** Writes it, once; it neither flushes nor closes the writer. */
    void writeTo(Writer to) throws IOException;
}
