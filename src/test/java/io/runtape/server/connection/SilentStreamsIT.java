package io.runtape.server.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Http2Client;
import io.runtape.testsupport.PackagedGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import org.junit.jupiter.api.Test;

/** A stream may be silent for hours. */
class SilentStreamsIT extends PackagedGateway {

    private static final String KEY = "X-API-Key: silent";
    private static final String BEGINNING = "data: x\n\n";

    /** Nobody can wait for it in a test, so this asks for the timer itself. */
    @Test
    void noTimerOfTheServerCutsASilentStream() throws Exception {
        try (WireResponse stream = gateway.client()
                        .post(
                                "/v1/run",
                                "{}",
                                KEY,
                                upstream.on(Script.unended(BEGINNING)).header());
                Http2Client http2 = new Http2Client(gateway.port())) {
            stream.readUpTo(BEGINNING.length());
            int listing = http2.request("GET", "/history/v1/runs", true, KEY);
            assertEquals(200, http2.answer(listing).status());

            assertTrue(gateway.objectsOf(ConnectionDeadline.class.getName()) >= 2, "both connections are there");
            assertEquals(0, gateway.objectsOf("io.netty.handler.timeout.IdleStateHandler"));
        }
    }
}
