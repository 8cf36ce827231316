/**
 * The heap: how much of it requests and responses may hold together, so that many concurrent callers are refused
 * instead of fatal, and what the process does when it is used up all the same.
 */
@NullMarked
package io.runtape.server.memory;

import org.jspecify.annotations.NullMarked;
