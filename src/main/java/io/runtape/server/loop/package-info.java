/** The event loops: their number, their tasks, and whether one is stuck. */
@NullMarked
package io.runtape.server.loop;

import org.jspecify.annotations.NullMarked;
