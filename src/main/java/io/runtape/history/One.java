package io.runtape.history;

/**
 * The answer that holds one thing.
 *
 * @param data the thing
 */
record One<T>(T data) {}
