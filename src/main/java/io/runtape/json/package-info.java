/** JSON from outside, read in bounded memory: a few bytes of it must not become many objects. */
@NullMarked
package io.runtape.json;

import org.jspecify.annotations.NullMarked;
