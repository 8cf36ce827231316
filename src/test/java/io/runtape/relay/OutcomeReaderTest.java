package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.dialect.AllDialects;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** The loop and the worker are queues here, run when a test says so. */
class OutcomeReaderTest {

    private static final String LONG = "x".repeat(100_000);

    private final Queue<Runnable> loop = new ArrayDeque<>();
    private final Queue<Runnable> worker = new ArrayDeque<>();
    private final OutcomeReader reader =
            new OutcomeReader("run_1", AllDialects.dialects().of("auto", "/v1/run"), loop::add, worker::add);
    private final List<RunConclusion> endings = new ArrayList<>();

    private void show(String type, String data) {
        byte[] block = ("event: " + type + "\ndata: " + data + "\n\n").getBytes(UTF_8);
        reader.event(type, block, 0, block.length, false);
        // As the buffer of a socket is used again.
        Arrays.fill(block, (byte) '\n');
    }

    private void runAll() {
        while (!worker.isEmpty() || !loop.isEmpty()) {
            (worker.isEmpty() ? loop : worker).remove().run();
        }
    }

    @Test
    void readsShortEventsAtOnce() {
        show("run_completed", "{\"result\":\"done\"}");
        reader.ending(endings::add);

        assertEquals("\"done\"", endings.get(0).outcome().result());
        assertTrue(worker.isEmpty());
        assertFalse(reader.isBehind());
    }

    @Test
    void readsLongEventsOnTheWorkerAndThoseBehindThemAfterwards() {
        show("run_completed", "{\"result\":\"" + LONG + "\"}");
        assertTrue(reader.isBehind());
        show("run_completed", "{\"result\":\"the last\"}");
        reader.ending(endings::add);
        assertTrue(endings.isEmpty());

        runAll();

        assertEquals("\"the last\"", endings.get(0).outcome().result());
        assertFalse(reader.isBehind());
    }

    @Test
    void writesALongOutcomeOnTheWorker() {
        show("run_completed", "{\"result\":\"" + LONG + "\"}");
        runAll();

        reader.ending(endings::add);
        assertTrue(endings.isEmpty());
        runAll();

        assertEquals(LONG.length() + 2, endings.get(0).outcome().result().length());
    }

    @Test
    void callsBackWhenAllIsRead() {
        List<String> called = new ArrayList<>();
        show("run_completed", "{\"result\":\"" + LONG + "\"}");
        reader.whenRead(() -> called.add("read"));
        assertTrue(called.isEmpty());

        runAll();

        assertEquals(List.of("read"), called);
    }
}
