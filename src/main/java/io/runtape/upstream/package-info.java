/** The agent API as a client sees it: calls go out as they came in, responses come back as raw bytes with backpressure. */
@NullMarked
package io.runtape.upstream;

import org.jspecify.annotations.NullMarked;
