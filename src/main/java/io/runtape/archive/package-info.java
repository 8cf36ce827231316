/** Archives of runs: written line by line, and read back into the same runs (docs/guides/archive.md). */
@NullMarked
package io.runtape.archive;

import org.jspecify.annotations.NullMarked;
