/** The client of the agent API: calls go out as they came in, responses come back as raw bytes with backpressure. */
@NullMarked
package io.runtape.upstream;

import org.jspecify.annotations.NullMarked;
