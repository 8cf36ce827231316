/** Several gateways on one database: who of them lives, and what they tell each other. */
@NullMarked
package io.runtape.cluster;

import org.jspecify.annotations.NullMarked;
