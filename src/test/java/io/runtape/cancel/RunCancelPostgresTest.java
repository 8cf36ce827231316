package io.runtape.cancel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class RunCancelPostgresTest extends RunCancelTest {

    @Inject
    CancelRequests requests;

    /** The other gateway is played by the test, and does not beat. */
    @Test
    void findsACancelThatPassedThroughAGatewayThatHasLeft() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: theirs").chunk("data: first\n\n");
            cancelled.await();
            exchange.reset();
        });
        try (WireResponse live = client().post("/v1/run", "{}", "X-API-Key: " + key, script.header())) {
            String id = live.header("Runtape-Run-Id");
            assertTrue(requests.passing(table().run(id).pk(), () -> true));
            cancelled.countDown();

            assertEquals("cancelled/cancel_requested", table().ended(id).outcome());
        }
    }
}
