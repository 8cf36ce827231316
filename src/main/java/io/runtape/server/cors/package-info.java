/** Which web pages may read the gateway's responses. */
@NullMarked
package io.runtape.server.cors;

import org.jspecify.annotations.NullMarked;
