/** Calls that are repeated under a key: whose key it is, and the first call's response given again. */
@NullMarked
package io.runtape.idempotency;

import org.jspecify.annotations.NullMarked;
