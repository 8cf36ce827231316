/**
 * The wire format of Server-Sent Events: bytes cut into frames, frames parsed into events, events written. Knows no
 * HTTP and no storage, and needs nothing but the JDK.
 */
@NullMarked
package io.runtape.sse;

import org.jspecify.annotations.NullMarked;
