/** Two runs side by side: what differs in what they were asked, said, did and took. */
@NullMarked
package io.runtape.diff;

import org.jspecify.annotations.NullMarked;
