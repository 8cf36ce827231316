/** The rows of runs and frames as the journal writes them: its statements, without its threads. */
@NullMarked
package io.runtape.journal.sql;

import org.jspecify.annotations.NullMarked;
