package io.runtape.testsupport;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Calls to a gateway whose database may stand still for a moment, as a busy machine's does: some are refused for that. */
public final class SlowStore {

    private static final int PAUSE_MILLIS = 100;

    /** A call that may be made again. */
    @FunctionalInterface
    public interface Call {
        WireResponse make() throws IOException;
    }

    private SlowStore() {}

    /** Makes the call until it is not refused for the database, and for up to {@link ScriptedUpstream#PATIENCE}. */
    public static WireResponse outlast(Call call) throws IOException, InterruptedException {
        long until = System.nanoTime() + ScriptedUpstream.PATIENCE.toNanos();
        WireResponse response = call.make();
        while (refuses(response)) {
            assertTrue(System.nanoTime() < until, response.text());
            response.close();
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            response = call.make();
        }
        return response;
    }

    /** Whether the call is refused for the database; waits for the head, and reads the body if it is 503. */
    public static boolean refuses(WireResponse response) throws IOException {
        if (response.status() != 503) {
            return false;
        }
        response.readAll();
        return response.text().contains("\"store_unavailable\"");
    }
}
