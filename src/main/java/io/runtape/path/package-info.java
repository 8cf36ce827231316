/** Paths of agent APIs, and what their segments say. */
@NullMarked
package io.runtape.path;

import org.jspecify.annotations.NullMarked;
