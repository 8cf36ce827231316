/** OpenAI's chat completions, and the agent APIs that imitate them. */
@NullMarked
package io.runtape.dialect.chat;

import org.jspecify.annotations.NullMarked;
