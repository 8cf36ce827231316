/**
 * What an agent runtime's events mean: how a run came out, and what was said and done in it. A dialect only reads; the
 * recording does not depend on it, and what it does not understand it leaves alone.
 */
@NullMarked
package io.runtape.dialect;

import org.jspecify.annotations.NullMarked;
