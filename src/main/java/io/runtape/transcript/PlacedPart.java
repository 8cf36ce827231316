package io.runtape.transcript;

import io.runtape.dialect.Part;
import io.runtape.dialect.Role;

/**
 * A part of what a run brought.
 *
 * @param asked whether it is of the request
 * @param role who says or does it
 * @param part the part itself
 * @param sequence the event with which it began; 0 if that is not known, as of a request
 * @param offsetMicros when that event came, in microseconds after the run's beginning; -1 if that is not known
 */
public record PlacedPart(boolean asked, Role role, Part part, long sequence, long offsetMicros) {}
