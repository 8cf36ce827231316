/** Runs, as callers list, read and delete them. */
@NullMarked
package io.runtape.history.run;

import org.jspecify.annotations.NullMarked;
