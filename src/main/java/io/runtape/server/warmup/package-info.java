/** Does once, before the gateway reports that it is ready, what the first call would otherwise do first. */
@NullMarked
package io.runtape.server.warmup;

import org.jspecify.annotations.NullMarked;
