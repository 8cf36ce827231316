/** What runs are found by: an index of their traits, and the search for those that have all that a caller asks for. */
@NullMarked
package io.runtape.facet;

import org.jspecify.annotations.NullMarked;
