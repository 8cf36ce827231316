/** Calls that are repeated under a key: whose key it is, and the first call's answer given again. */
@NullMarked
package io.runtape.idempotency;

import org.jspecify.annotations.NullMarked;
