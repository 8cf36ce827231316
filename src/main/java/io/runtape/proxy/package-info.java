/** The live path of recorded calls, and the forwarding of all others under {@code /v1}. */
@NullMarked
package io.runtape.proxy;

import org.jspecify.annotations.NullMarked;
