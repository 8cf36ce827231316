/** Who calls, and whose history that is. */
@NullMarked
package io.runtape.access;

import org.jspecify.annotations.NullMarked;
