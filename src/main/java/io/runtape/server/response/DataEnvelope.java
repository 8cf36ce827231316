package io.runtape.server.response;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The response that holds one thing.
 *
 * @param data the thing
 */
@Schema(requiredProperties = "data")
public record DataEnvelope<T>(T data) {}
