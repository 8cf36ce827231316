/** Runs are deleted when they have been kept for as long as the operator says. */
@NullMarked
package io.runtape.retention;

import org.jspecify.annotations.NullMarked;
