package io.runtape.delivery;

/**
 * The part of a run that a replay plays.
 *
 * @param after the sequence to begin after
 * @param upTo the sequence of the last frame
 * @param originMicros the time of the recording at which it begins, in microseconds after the run's beginning
 * @param toEnd whether it goes on to the end of a run that has ended, and then ends as that did
 */
record ReplayPart(long after, long upTo, long originMicros, boolean toEnd) {

    /** Whether no frame is left to play. */
    boolean isEmpty() {
        return after >= upTo;
    }
}
