/**
 * The agent that comes with the gateway and answers while no other one is configured: it speaks RunTools' API and runs a
 * script, so that a first call shows what a recorded run is.
 */
@NullMarked
package io.runtape.demo;

import org.jspecify.annotations.NullMarked;
