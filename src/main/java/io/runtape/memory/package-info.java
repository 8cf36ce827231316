/** What the process does when its heap is used up: it ends, and is started again. */
@NullMarked
package io.runtape.memory;

import org.jspecify.annotations.NullMarked;
