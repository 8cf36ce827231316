/** The gateway's errors: resources, routes and the server's own failures all use the agent API's error envelope. */
@NullMarked
package io.runtape.error;

import org.jspecify.annotations.NullMarked;
