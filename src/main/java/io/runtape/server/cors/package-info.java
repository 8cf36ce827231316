/** Which web pages may read the gateway's answers. */
@NullMarked
package io.runtape.server.cors;

import org.jspecify.annotations.NullMarked;
