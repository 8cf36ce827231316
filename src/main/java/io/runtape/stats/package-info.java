/** Sums over runs, by agent, time and more: kept up as runs end, and read without looking at the runs. */
@NullMarked
package io.runtape.stats;

import org.jspecify.annotations.NullMarked;
