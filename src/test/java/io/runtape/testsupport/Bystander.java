package io.runtape.testsupport;

import io.runtape.testsupport.ScriptedUpstream.Scripted;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Another caller of the same gateway, whose live stream goes on while somebody attacks: an event each 10 ms, which says when it
 * was sent. Tells how long the events took, and whether each came, once and in order.
 */
public final class Bystander implements AutoCloseable {

    private static final Duration PACE = Duration.ofMillis(10);

    /** How long the stream may stand still: an embedded database may write for a while what an attack has left. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** A run longer than any attack: it ends when the bystander has seen enough. */
    private static final long EVENTS_MAX = 100_000;

    /**
     * What became of the stream.
     *
     * @param events how many events there were
     * @param p50Millis half of them took no longer
     * @param p99Millis 99 of 100 took no longer
     * @param maxMillis the longest that one took
     */
    public record Seen(long events, double p50Millis, double p99Millis, double maxMillis) {
        @Override
        public String toString() {
            return "bystander: %d events, p50 %.1f ms, p99 %.1f ms, at most %.1f ms"
                    .formatted(events, p50Millis, p99Millis, maxMillis);
        }
    }

    private final WireResponse response;
    private final CompletableFuture<Seen> seen = new CompletableFuture<>();
    private volatile boolean enough;

    private Bystander(WireClient client, ScriptedUpstream upstream, String apiKey) throws IOException {
        Scripted script = upstream.on(this::tell);
        this.response = client.post("/v1/run", "{\"prompt\":\"go on\"}", script.header(), "X-API-Key: " + apiKey)
                .patient(PATIENCE);
    }

    /**
     * Begins a run as the owner with that API key; returns when its first event has come, or with nobody where the gateway
     * takes no runs at present.
     */
    public static Optional<Bystander> begin(WireClient client, ScriptedUpstream upstream, String apiKey)
            throws IOException {
        Bystander bystander = new Bystander(client, upstream, apiKey);
        int status = bystander.response.status();
        if (status == 503) {
            bystander.close();
            return Optional.empty();
        }
        if (status != 200) {
            throw new AssertionError("the bystander is answered " + status);
        }
        // The first events of a gateway that has just started tell of its start.
        bystander.response.readUpTo(1);
        Thread reading = new Thread(bystander::read, "bystander");
        reading.setDaemon(true);
        reading.start();
        return Optional.of(bystander);
    }

    private void tell(Exchange exchange) throws IOException {
        exchange.streamHead();
        long next = System.nanoTime();
        for (long n = 1; n <= EVENTS_MAX && !enough; n++) {
            exchange.chunk("data: " + n + " " + System.nanoTime() + "\n\n");
            next += PACE.toNanos();
            LockSupport.parkNanos(next - System.nanoTime());
        }
        exchange.end();
    }

    private void read() {
        try {
            Delays read = new Delays();
            if (response.passOn(read) != WireResponse.End.WHOLE) {
                throw new AssertionError("the bystander's stream was cut after " + read.events + " events");
            }
            seen.complete(read.seen());
        } catch (IOException | RuntimeException | AssertionError e) {
            seen.completeExceptionally(e);
        }
    }

    /** The events as they come. */
    private static final class Delays extends OutputStream {

        private final Histogram delays = new Histogram(TimeUnit.MINUTES.toNanos(10), 3);
        private final StringBuilder pending = new StringBuilder();
        private long events;

        @Override
        public void write(int b) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            long now = System.nanoTime();
            pending.append(new String(bytes, from, length, StandardCharsets.US_ASCII));
            for (int end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
                String[] said = pending.substring("data: ".length(), end).split(" ");
                pending.delete(0, end + 2);
                events++;
                if (Long.parseLong(said[0]) != events) {
                    throw new AssertionError("event " + said[0] + " came where " + events + " was to come");
                }
                delays.recordValue(Math.max(1, now - Long.parseLong(said[1])));
            }
        }

        Seen seen() {
            return new Seen(
                    events,
                    millis(delays.getValueAtPercentile(50)),
                    millis(delays.getValueAtPercentile(99)),
                    millis(delays.getMaxValue()));
        }
    }

    private static double millis(long nanos) {
        return nanos / 1e6;
    }

    /** The id of its run. */
    public String runId() throws IOException {
        return response.header("Runtape-Run-Id");
    }

    /**
     * Lets the stream end, and tells what became of it.
     *
     * @throws AssertionError where an event was lost, came twice or the stream was cut
     */
    public Seen end() {
        enough = true;
        try {
            return seen.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            throw new AssertionError("the bystander's stream did not end well", e.getCause());
        }
    }

    @Override
    public void close() throws IOException {
        enough = true;
        response.close();
    }
}
