/** Recordings in the place of the agent API: calls that are answered as an equal call was answered before. */
@NullMarked
package io.runtape.mock;

import org.jspecify.annotations.NullMarked;
