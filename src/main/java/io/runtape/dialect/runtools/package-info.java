/** The RunTools agent API. */
@NullMarked
package io.runtape.dialect.runtools;

import org.jspecify.annotations.NullMarked;
