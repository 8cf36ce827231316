/** How the gateway writes its own responses: their heads, JSON, gzip and entity tags. */
@NullMarked
package io.runtape.server.response;

import org.jspecify.annotations.NullMarked;
