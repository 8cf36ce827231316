/** The AG-UI protocol. */
@NullMarked
package io.runtape.dialect.agui;

import org.jspecify.annotations.NullMarked;
