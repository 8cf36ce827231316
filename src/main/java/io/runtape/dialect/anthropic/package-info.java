/** Anthropic's Messages API. */
@NullMarked
package io.runtape.dialect.anthropic;

import org.jspecify.annotations.NullMarked;
