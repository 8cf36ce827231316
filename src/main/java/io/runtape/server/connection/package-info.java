/** What a connection of a client may do, whatever its calls are. */
@NullMarked
package io.runtape.server.connection;

import org.jspecify.annotations.NullMarked;
