/** For the tests of an agent's client: a gateway that answers from cassettes. */
@NullMarked
package io.runtape.junit;

import org.jspecify.annotations.NullMarked;
