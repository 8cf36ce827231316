/** The durable, ordered append of frames: readers get only frames that are committed here. */
@NullMarked
package io.runtape.journal;

import org.jspecify.annotations.NullMarked;
