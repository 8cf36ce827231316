package io.runtape.history;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The answer that holds one thing.
 *
 * @param data the thing
 */
@Schema(requiredProperties = "data")
public record One<T>(T data) {}
