/** What a client's connection may do, whatever its calls are. */
@NullMarked
package io.runtape.server.connection;

import org.jspecify.annotations.NullMarked;
