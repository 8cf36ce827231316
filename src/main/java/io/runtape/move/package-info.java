/** Moves a whole history from an H2 file into a PostgreSQL database, before the gateway takes calls. */
@NullMarked
package io.runtape.move;

import org.jspecify.annotations.NullMarked;
