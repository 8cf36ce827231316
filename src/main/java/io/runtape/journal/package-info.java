/** The durable, ordered append of frames: what is committed here may be shown, and nothing else. */
@NullMarked
package io.runtape.journal;

import org.jspecify.annotations.NullMarked;
