/** Repeated calls: which run has a key, and the first call's response again. */
@NullMarked
package io.runtape.idempotency;

import org.jspecify.annotations.NullMarked;
