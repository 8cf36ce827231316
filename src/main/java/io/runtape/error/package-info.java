/**
 * How the gateway says no: the error envelope of the agent API, written alike by resources, by routes and by the server's
 * own failures.
 */
@NullMarked
package io.runtape.error;

import org.jspecify.annotations.NullMarked;
