/** Full-text search: what runs say, as words in an inverted index of Runtape's own, the same on both databases. */
@NullMarked
package io.runtape.search;

import org.jspecify.annotations.NullMarked;
