package io.runtape.run;

import org.jspecify.annotations.Nullable;

/**
 * The request of a run's call.
 *
 * @param type its media type as the caller named it, cut to 200 characters; null if the caller named none
 * @param body its body, byte for byte
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record RecordedRequest(@Nullable String type, byte[] body) {}
