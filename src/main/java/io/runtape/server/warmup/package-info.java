/** Does once, before the gateway says that it is ready, what the first call would else be the first to do. */
@NullMarked
package io.runtape.server.warmup;

import org.jspecify.annotations.NullMarked;
