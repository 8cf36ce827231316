/** Events of runs and threads, in pages and as NDJSON. */
@NullMarked
package io.runtape.history.event;

import org.jspecify.annotations.NullMarked;
