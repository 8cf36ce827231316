/** Runtape: records the event streams of an agent API as they pass, and hands on only what is recorded. */
@NullMarked
package io.runtape;

import org.jspecify.annotations.NullMarked;
