package io.runtape.testsupport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;

/** Long runs of events that can hardly be compressed, though many of them are alike. */
public final class NoisyRuns {

    private NoisyRuns() {}

    /**
     * Records one with so many bytes of text; returns its id.
     *
     * @param frameBytes of each event's text
     * @param credential the header line with it
     */
    public static String record(
            GatewayProcess gateway, ScriptedUpstream upstream, long runBytes, int frameBytes, String credential)
            throws IOException {
        Script script = exchange -> {
            exchange.streamHead();
            String noise = Noise.text(2 * frameBytes, 1);
            for (int i = 0; i < runBytes / frameBytes; i++) {
                // Parts of the same noise: a row has one of them, so that it can hardly be compressed.
                int from = i * 7 % frameBytes;
                exchange.chunk(("data: " + noise.substring(from, from + frameBytes) + "\n\n").getBytes(UTF_8));
            }
            exchange.end();
        };
        try (WireResponse response =
                gateway.client().post("/v1/run", "{}", upstream.on(script).header(), credential)) {
            assertEquals(WireResponse.End.WHOLE, response.passOn(OutputStream.nullOutputStream()));
            return response.header("Runtape-Run-Id");
        }
    }
}
