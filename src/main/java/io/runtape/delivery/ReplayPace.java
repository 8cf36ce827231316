package io.runtape.delivery;

import io.runtape.run.Run;
import java.time.Duration;

/**
 * How a replay plays its frames.
 *
 * @param speed how much faster than the recording; infinite for no pauses at all
 * @param pauseMaxMicros the longest pause, in microseconds of the recording
 * @param ids whether events get their sequences as ids
 */
record ReplayPace(double speed, long pauseMaxMicros, boolean ids) {

    /** A clock that begins at this time of the recording, in microseconds after the run's beginning. */
    ReplayClock clock(long originMicros) {
        return new ReplayClock(speed, pauseMaxMicros, originMicros);
    }

    /** Whether this run's events get ids: a response that is no event stream has none. */
    boolean withIds(Run run) {
        return ids && run.stream;
    }

    /** The pause between two runs of a thread, where that is what the reader asked for. */
    Duration gap(Duration asked) {
        return Double.isInfinite(speed) ? Duration.ZERO : asked;
    }
}
