/** Several gateways on one database: which of them live, and what they announce to each other. */
@NullMarked
package io.runtape.cluster;

import org.jspecify.annotations.NullMarked;
