/** Unrecorded calls, piped to the agent API and back. */
@NullMarked
package io.runtape.forward;

import org.jspecify.annotations.NullMarked;
