/** The stored nouns, their tables, and the one database they live in. */
@NullMarked
package io.runtape.model;

import org.jspecify.annotations.NullMarked;
