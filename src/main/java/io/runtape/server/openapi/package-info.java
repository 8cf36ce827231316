/** The OpenAPI document: what it says of every call alike, so that no resource has to repeat it. */
@NullMarked
package io.runtape.server.openapi;

import org.jspecify.annotations.NullMarked;
