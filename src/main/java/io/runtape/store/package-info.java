/** The one database: its address, its schema, its transactions, and what its faults mean. */
@NullMarked
package io.runtape.store;

import org.jspecify.annotations.NullMarked;
