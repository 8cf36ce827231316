/** The UI message stream of Vercel's AI SDK. */
@NullMarked
package io.runtape.dialect.aisdk;

import org.jspecify.annotations.NullMarked;
