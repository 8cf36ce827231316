/** The live path of recorded calls: from the request to the agent API, and from its stream to the journal. */
@NullMarked
package io.runtape.relay;

import org.jspecify.annotations.NullMarked;
