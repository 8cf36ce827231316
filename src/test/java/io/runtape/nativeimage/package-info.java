/** Classes that a native image must not be built with, each for one reason, and one that it may. */
package io.runtape.nativeimage;
