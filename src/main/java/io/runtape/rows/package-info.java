/** The rows of the tables, as the journal writes them and as they are read back: all its statements, and none of its threads. */
@NullMarked
package io.runtape.rows;

import org.jspecify.annotations.NullMarked;
