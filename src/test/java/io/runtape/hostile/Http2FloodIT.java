package io.runtape.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Http2Client;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Connections that send frames which belong to no call, or are nothing, as fast as they can. */
@Isolated("another caller must hardly notice an attack")
abstract class Http2FloodIT extends UnderAttack {

    /** So long those go on who are not to be stopped. */
    private static final Duration ATTACK = Duration.ofSeconds(5);

    /** And so long at most those who are; a gateway that stands still for some seconds stops nobody meanwhile. */
    private static final Duration STOPPED_WITHIN = Duration.ofMinutes(1);

    private static final int ATTACKERS = 4;
    /** Without a word, or with one that was lost as the connection was reset. */
    private static final int CLOSED = -1;

    private static final int FRAMES_AT_ONCE = 2_000;

    private static byte[] many(byte[] frame) {
        ByteArrayOutputStream frames = new ByteArrayOutputStream(frame.length * FRAMES_AT_ONCE);
        for (int i = 0; i < FRAMES_AT_ONCE; i++) {
            frames.writeBytes(frame);
        }
        return frames.toByteArray();
    }

    /** Floods from several connections; returns what each was told before it was closed, null for those that were not. */
    private List<Integer> flood(byte[] first, byte[] frames, Duration atMost) throws Exception {
        List<Integer> told = new ArrayList<>();
        List<Thread> attackers = new ArrayList<>();
        for (int i = 0; i < ATTACKERS; i++) {
            Thread attacker = new Thread(() -> {
                Integer error = attack(first, frames, atMost);
                synchronized (told) {
                    told.add(error);
                }
            });
            attackers.add(attacker);
            attacker.start();
        }
        for (Thread attacker : attackers) {
            attacker.join();
        }
        return told;
    }

    private Integer attack(byte[] first, byte[] frames, Duration atMost) {
        try (Http2Client http2 = new Http2Client(gateway.port())) {
            // An acknowledgement among continuations would be an error of its own.
            http2.awaitSettings();
            Thread reading = new Thread(() -> readAll(http2));
            reading.start();
            long began = System.nanoTime();
            try {
                http2.raw(first);
                while (System.nanoTime() - began < atMost.toNanos()) {
                    http2.raw(frames);
                }
                return null;
            } catch (IOException closed) {
                reading.join();
                Integer error = http2.goAway();
                return error == null ? CLOSED : error;
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void readAll(Http2Client http2) {
        try {
            http2.awaitGoAway();
        } catch (IOException closed) {
            // As the attack ends.
        }
    }

    private void assertStopped(byte[] first, byte[] frames) throws Exception {
        List<Integer> told = flood(first, frames, STOPPED_WITHIN);

        assertEquals(ATTACKERS, told.size());
        assertTrue(told.stream().noneMatch(error -> error == null), () -> "not stopped: " + told);
        assertTrue(
                told.stream().allMatch(error -> error == CLOSED || error == Http2Client.ENHANCE_YOUR_CALM),
                () -> "stopped for another reason: " + told);
    }

    @Test
    void stopsAFloodOfSettings() throws Exception {
        assertStopped(new byte[0], many(Http2Client.frameBytes(Http2Client.SETTINGS, 0, 0, new byte[0])));
    }

    @Test
    void stopsAFloodOfPings() throws Exception {
        assertStopped(new byte[0], many(Http2Client.frameBytes(Http2Client.PING, 0, 0, new byte[8])));
    }

    @Test
    void stopsAFloodOfPriorities() throws Exception {
        assertStopped(
                new byte[0], many(Http2Client.frameBytes(Http2Client.PRIORITY, 0, 1, new byte[] {0, 0, 0, 3, 1})));
    }

    @Test
    void stopsAFloodOfUnknownFrames() throws Exception {
        assertStopped(new byte[0], many(Http2Client.frameBytes(0x42, 0, 0, new byte[0])));
    }

    @Test
    void stopsAFloodOfEmptyData() throws Exception {
        byte[] head = Http2Client.head("POST", "/v1/files", "x-api-key: floods");
        assertStopped(
                Http2Client.frameBytes(Http2Client.HEADERS, Http2Client.END_HEADERS, 1, head),
                many(Http2Client.frameBytes(Http2Client.DATA, 0, 1, new byte[0])));
    }

    @Test
    void stopsAFloodOfContinuations() throws Exception {
        byte[] head = Http2Client.head("POST", "/v1/files", "x-api-key: floods");
        assertStopped(
                Http2Client.frameBytes(Http2Client.HEADERS, 0, 1, head),
                many(Http2Client.frameBytes(Http2Client.CONTINUATION, 0, 1, new byte[0])));
    }

    @Test
    void stopsAFloodOfResets() throws Exception {
        byte[] head = Http2Client.head("POST", "/v1/run", "x-api-key: floods", "content-type: application/json");
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        for (int i = 0; i < FRAMES_AT_ONCE; i++) {
            int stream = 2 * i + 1;
            frames.writeBytes(Http2Client.frameBytes(Http2Client.HEADERS, Http2Client.END_HEADERS, stream, head));
            frames.writeBytes(Http2Client.frameBytes(Http2Client.RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8}));
        }
        assertStopped(frames.toByteArray(), many(Http2Client.frameBytes(Http2Client.PING, 0, 0, new byte[8])));
        assertTrue(
                gateway.output().stream()
                                .filter(line -> line.contains(" ERROR "))
                                .count()
                        == 0,
                () -> String.join("\n", gateway.output()));
    }

    @Test
    void survivesAFloodOfWindowUpdates() throws Exception {
        flood(
                new byte[0],
                many(Http2Client.frameBytes(Http2Client.WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 0, 1})),
                ATTACK);
    }
}
