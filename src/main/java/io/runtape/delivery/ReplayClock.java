package io.runtape.delivery;

/**
 * Tells when the frames of a replay are due. Each is due at its own time after the beginning, so that errors of single
 * timers do not add up. Not safe for several threads.
 */
final class ReplayClock {

    private final double speed;
    private final long pauseMaxMicros;

    /** When the last frame that was played came, in the recording, and in the recording without what its pauses are cut by. */
    private long recordedMicros;

    private long playedMicros;

    /**
     * A clock that begins at a time of the recording.
     *
     * @param speed how much faster than the recording; infinite for no pauses at all
     * @param pauseMaxMicros the longest pause, in the time of the recording: longer ones are cut to it
     * @param originMicros the time of the recording at which it begins, in microseconds after the run's beginning
     */
    ReplayClock(double speed, long pauseMaxMicros, long originMicros) {
        this.speed = speed;
        this.pauseMaxMicros = pauseMaxMicros;
        this.recordedMicros = originMicros;
    }

    /**
     * How long after the beginning the next frame is due, in nanoseconds.
     *
     * @param offsetMicros when it came, in microseconds after the run's beginning
     */
    long dueNanos(long offsetMicros) {
        return (long) ((playedMicros + pause(offsetMicros)) * 1000.0 / speed);
    }

    /** Notes that the next frame is played; it came at that time. */
    void play(long offsetMicros) {
        playedMicros += pause(offsetMicros);
        recordedMicros = Math.max(recordedMicros, offsetMicros);
    }

    private long pause(long offsetMicros) {
        return Math.min(pauseMaxMicros, Math.max(0, offsetMicros - recordedMicros));
    }
}
