/** OpenAI's Responses API. */
@NullMarked
package io.runtape.dialect.responses;

import org.jspecify.annotations.NullMarked;
