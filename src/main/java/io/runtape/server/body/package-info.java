/** Bodies of requests as they come in: within bounds of time and memory, and no thread for them. */
@NullMarked
package io.runtape.server.body;

import org.jspecify.annotations.NullMarked;
