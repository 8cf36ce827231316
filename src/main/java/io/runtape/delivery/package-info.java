/** Recorded and live runs to a reader: the client of the call, tails, resumes and replays all take the same road. */
@NullMarked
package io.runtape.delivery;

import org.jspecify.annotations.NullMarked;
