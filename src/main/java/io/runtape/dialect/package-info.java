/**
 * The meaning of agent runtimes' events: the outcome of a run, and its transcript. A dialect only reads. The recording
 * does not depend on it, and a dialect ignores what it does not understand.
 */
@NullMarked
package io.runtape.dialect;

import org.jspecify.annotations.NullMarked;
