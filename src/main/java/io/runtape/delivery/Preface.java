package io.runtape.delivery;

import io.vertx.core.buffer.Buffer;

/**
 * The bytes that a reader gets before the first frame.
 *
 * @param bytes whole events
 * @param handedOver runs once, when the bytes are on the way to the client, or the client is gone
 */
record Preface(Buffer bytes, Runnable handedOver) {}
