/** What is derived from a run once it has ended: each index gets the run, whose frames are read once for all of them. */
@NullMarked
package io.runtape.indexing;

import org.jspecify.annotations.NullMarked;
