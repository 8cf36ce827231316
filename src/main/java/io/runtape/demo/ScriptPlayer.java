package io.runtape.demo;

import io.runtape.sse.SseWriter;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Clock;
import java.util.Iterator;
import java.util.List;

/**
 * Plays a script to one client: every event is a write of its own, at its time, and never faster than the client reads. A
 * client that goes away ends the run as cancelled. Confined to the server's event loop.
 */
final class ScriptPlayer {
    // A script without pauses lets other connections of the event loop have their turn after so many events.
    private static final int EVENTS_PER_TURN_MAX = 64;

    private final Vertx vertx;
    private final Clock clock;
    private final Pace pace;
    private final DemoRun run;
    private final Iterator<ScriptStep> beats;
    private final HttpServerResponse response;
    private boolean over;

    ScriptPlayer(
            Vertx vertx, Clock clock, Pace pace, DemoRun run, List<ScriptStep> beats, HttpServerResponse response) {
        this.vertx = vertx;
        this.clock = clock;
        this.pace = pace;
        this.run = run;
        this.beats = beats.iterator();
        this.response = response;
    }

    void start() {
        run.onCancel(this::cancel);
        response.closeHandler(gone -> end(DemoRun.CANCELLED));
        response.exceptionHandler(broken -> end(DemoRun.CANCELLED));
        response.setChunked(true)
                .putHeader("Content-Type", "text/event-stream")
                .putHeader("Cache-Control", "no-cache")
                .putHeader("X-Run-ID", run.id())
                .putHeader("X-Thread-ID", run.threadId());
        // The head goes out at once, as an agent sends it that still thinks.
        response.write(Buffer.buffer());
        soon(this::next);
    }

    private void next() {
        for (int written = 0; !over; written++) {
            if (!beats.hasNext()) {
                end(run.plannedEnding());
                response.end();
            } else if (response.writeQueueFull()) {
                response.drainHandler(drained -> soon(this::next));
                return;
            } else if (written == EVENTS_PER_TURN_MAX) {
                soon(this::next);
                return;
            } else if (!playNow(beats.next())) {
                return;
            }
        }
    }

    /** Plays a beat that has no pause; false where it is played later, and the rest after it. */
    private boolean playNow(ScriptStep beat) {
        long pause = pace.millis(beat.pauseMillis());
        if (pause == 0) {
            write(beat);
            return true;
        }
        vertx.setTimer(pause, due -> {
            if (!over) {
                write(beat);
                next();
            }
        });
        return false;
    }

    private void soon(Runnable action) {
        vertx.getOrCreateContext().runOnContext(turn -> action.run());
    }

    private void write(ScriptStep beat) {
        response.write(
                Buffer.buffer(SseWriter.event(beat.event(), null, beat.data().encode())));
    }

    private void cancel() {
        if (!over) {
            end(DemoRun.CANCELLED);
            write(new ScriptStep(0, "run_completed", run.completion(DemoRun.CANCELLED)));
            response.end();
        }
    }

    private void end(String ending) {
        over = true;
        run.end(ending, clock.instant());
    }
}
