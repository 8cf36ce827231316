/** Secrets in a URL that let a browser read one run or thread. */
@NullMarked
package io.runtape.ticket;

import org.jspecify.annotations.NullMarked;
