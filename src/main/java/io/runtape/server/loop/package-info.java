/** The event loops: how many there are, what is handed to them, and whether one is stuck. */
@NullMarked
package io.runtape.server.loop;

import org.jspecify.annotations.NullMarked;
