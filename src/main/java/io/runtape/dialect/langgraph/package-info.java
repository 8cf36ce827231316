/** LangGraph's server. */
@NullMarked
package io.runtape.dialect.langgraph;

import org.jspecify.annotations.NullMarked;
