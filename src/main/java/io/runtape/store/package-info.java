/** The gateway's side of the database: its address, schema and transactions, and what its faults mean. */
@NullMarked
package io.runtape.store;

import org.jspecify.annotations.NullMarked;
