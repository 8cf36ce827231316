/** The nouns of a recording (runs, threads and frames), and how the gateway reads stored frames. */
@NullMarked
package io.runtape.run;

import org.jspecify.annotations.NullMarked;
