package io.runtape.run;

import org.jspecify.annotations.Nullable;

/**
 * The request that a run was called with.
 *
 * @param type its media type as the caller named it, cut to 200 characters; null where it named none
 * @param body its body, byte for byte
 */
@SuppressWarnings("ArrayRecordComponent") // Read once and never compared.
public record RecordedRequest(@Nullable String type, byte[] body) {}
