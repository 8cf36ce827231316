/** Inverted indexes of an owner's runs: which runs have a term, in segments that are merged as they become many. */
@NullMarked
package io.runtape.segment;

import org.jspecify.annotations.NullMarked;
