package io.runtape.server.body;

import io.runtape.server.memory.Share;

/**
 * A body that came whole.
 *
 * @param bytes the body
 * @param share what it holds of the budget of bodies; to be closed by whoever lets the bytes go
 */
@SuppressWarnings("ArrayRecordComponent") // Carried, never compared.
public record ReceivedBody(byte[] bytes, Share share) {}
