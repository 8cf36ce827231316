/** Resumes as the agent APIs' own clients call them, answered from the record. */
@NullMarked
package io.runtape.resume;

import org.jspecify.annotations.NullMarked;
