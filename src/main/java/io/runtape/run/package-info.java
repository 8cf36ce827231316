/** The nouns of a recording, runs, threads and frames, and how stored frames are read. */
@NullMarked
package io.runtape.run;

import org.jspecify.annotations.NullMarked;
