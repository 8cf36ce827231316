/**
 * The agent that comes with the gateway and answers if no other one is configured. It speaks RunTools' API and plays a
 * script, so that a first call shows what a recorded run is.
 */
@NullMarked
package io.runtape.demo;

import org.jspecify.annotations.NullMarked;
