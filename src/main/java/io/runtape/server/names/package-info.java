/**
 * Names that callers and operators write: parameters, Runtape's own headers, settings. The gateway refuses an unknown
 * name and never ignores it: otherwise the caller would get a response to another question than the one it asked.
 */
@NullMarked
package io.runtape.server.names;

import org.jspecify.annotations.NullMarked;
