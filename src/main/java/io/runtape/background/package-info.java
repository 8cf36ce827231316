/** Responses in the background: what became of them, read out of later calls that pass. */
@NullMarked
package io.runtape.background;

import org.jspecify.annotations.NullMarked;
