/** What readers share, so that none takes it from the others: turns at the database, and memory for what sockets do not take. */
@NullMarked
package io.runtape.server.fairness;

import org.jspecify.annotations.NullMarked;
