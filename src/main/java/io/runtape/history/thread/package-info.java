/** Threads, as callers list, read, name and delete them. */
@NullMarked
package io.runtape.history.thread;

import org.jspecify.annotations.NullMarked;
