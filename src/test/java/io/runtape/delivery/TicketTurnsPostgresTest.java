package io.runtape.delivery;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.StoreLock;
import io.runtape.testsupport.WireResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Readers with tickets share turns as the owners of the tickets do. */
@QuarkusTest
@WithTestResource(PostgresResource.class)
class TicketTurnsPostgresTest extends RunningGateway {

    private static final int READERS = 8;

    private static final Duration SOON = Duration.ofSeconds(10);

    /** A run of another owner's each time, with a ticket for it. */
    private record Ticketed(String run, String ticket) {}

    private Ticketed recorded() throws Exception {
        String key = "turns-" + UUID.randomUUID();
        String run;
        try (WireResponse response = client().post(
                        "/v1/run",
                        "{}",
                        "X-API-Key: " + key,
                        upstream.on(Script.stream("data: 1\n\n")).header())) {
            response.whole();
            run = response.header("Runtape-Run-Id");
        }
        table().ended(run);
        String ticket = given().baseUri(url())
                .header("X-API-Key", key)
                .contentType("application/json")
                .body("{\"runId\":\"" + run + "\"}")
                .post("/history/v1/tickets")
                .then()
                .statusCode(201)
                .extract()
                .path("data.ticket");
        return new Ticketed(run, ticket);
    }

    private boolean twoWaitForFrames() throws SQLException {
        try (Connection connection = store().connect();
                Statement select = connection.createStatement();
                ResultSet row = select.executeQuery(
                        "select count(*) from pg_locks where not granted and relation = 'block'::regclass")) {
            row.next();
            return row.getInt(1) >= 2;
        }
    }

    @Test
    void slowReplaysHoldUpNoTicketsOfOthers() throws Exception {
        Ticketed slow = recorded();
        Ticketed other = recorded();
        List<WireResponse> replays = new ArrayList<>();
        try (StoreLock lock = StoreLock.onFrames(store())) {
            for (int i = 0; i < READERS; i++) {
                replays.add(client().get("/history/v1/runs/" + slow.run() + "/replay?from=1&ticket=" + slow.ticket()));
            }
            await("their look-ups wait").until(this::twoWaitForFrames);

            try (WireResponse tail = client().get(
                            "/history/v1/runs/" + other.run() + "/events?ticket=" + other.ticket(),
                            "Accept: text/event-stream",
                            "Last-Event-ID: 1")) {
                assertEquals(204, tail.patient(SOON).status());
            }
        }
        for (WireResponse replay : replays) {
            assertEquals("data: 1\n\n", new String(replay.whole(), UTF_8));
            replay.close();
        }
    }
}
