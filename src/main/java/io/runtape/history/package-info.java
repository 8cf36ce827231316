/** The recorded history, as callers read, name and delete it: queries over runs, threads and frames. */
@NullMarked
package io.runtape.history;

import org.jspecify.annotations.NullMarked;
