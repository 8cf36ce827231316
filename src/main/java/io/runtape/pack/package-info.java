/** Runs that have rested since their end are packed: their frames move into larger, compressed blocks. */
@NullMarked
package io.runtape.pack;

import org.jspecify.annotations.NullMarked;
