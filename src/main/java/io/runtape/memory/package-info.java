/** How much of the heap requests and answers may hold together, so that many callers at once are refused and not fatal. */
@NullMarked
package io.runtape.memory;

import org.jspecify.annotations.NullMarked;
