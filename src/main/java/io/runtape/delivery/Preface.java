package io.runtape.delivery;

import io.vertx.core.buffer.Buffer;

/**
 * The bytes that a reader gets before the first frame.
 *
 * @param bytes whole events
 * @param taken runs once, when the client has taken them, or is gone
 */
record Preface(Buffer bytes, Runnable taken) {}
