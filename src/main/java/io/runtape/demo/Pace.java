package io.runtape.demo;

/**
 * How fast scripts are played.
 *
 * @param factor what a pause is multiplied with: 1 as written, 0 without pauses
 */
record Pace(double factor) {
    static final Pace AS_WRITTEN = new Pace(1);

    /** The pause in milliseconds; at least 1 where there is one. */
    long millis(int written) {
        double pause = written * factor;
        return pause == 0 ? 0 : Math.max(1, Math.round(pause));
    }
}
