package io.runtape.server.response;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A response that holds a single thing.
 *
 * @param data the thing
 */
@Schema(requiredProperties = "data")
public record DataEnvelope<T>(T data) {}
