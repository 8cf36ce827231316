/**
 * Names that callers and operators write: parameters, headers of our own, settings. One that is not known is refused and never
 * ignored, since whoever wrote it would get a response to another question than the one asked.
 */
@NullMarked
package io.runtape.server.names;

import org.jspecify.annotations.NullMarked;
