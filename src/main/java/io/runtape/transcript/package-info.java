/** Transcripts of runs and threads: messages with their parts, read out of requests and events. */
@NullMarked
package io.runtape.transcript;

import org.jspecify.annotations.NullMarked;
