/** What readers share fairly: turns at the database, and memory for bytes that sockets do not take. */
@NullMarked
package io.runtape.server.fairness;

import org.jspecify.annotations.NullMarked;
