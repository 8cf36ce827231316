/** How the gateway's own responses are written: their heads, JSON, gzip and entity tags. */
@NullMarked
package io.runtape.server.response;

import org.jspecify.annotations.NullMarked;
