/** Request bodies as they come in: bounded in time and memory, and without a thread. */
@NullMarked
package io.runtape.server.body;

import org.jspecify.annotations.NullMarked;
