/** The console: pages in a browser that show the history, with its public API alone. */
@NullMarked
package io.runtape.console;

import org.jspecify.annotations.NullMarked;
