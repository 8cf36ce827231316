package io.runtape.ticket;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.ValidatableResponse;
import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.PatientConnection;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tickets let in whoever brings one, to the events of what it was made for, for as long as it is good. */
abstract class TicketTest extends RunningGateway {

    private static final String STREAM = "Accept: text/event-stream";

    /** Ids at the agent API and threads are this caller's own. */
    private final String name = UUID.randomUUID().toString();

    private final String key = "ticket-" + name;
    private final String thread = "thr-" + name;

    private String record() throws Exception {
        Script script = exchange -> {
            exchange.streamHead("X-Run-ID: up-" + name);
            exchange.chunk("data: 1\n\n");
            exchange.end();
        };
        try (WireResponse response = post(script)) {
            response.whole();
            String run = response.header("Runtape-Run-Id");
            table().ended(run);
            return run;
        }
    }

    private WireResponse post(Script script) throws Exception {
        return client().post(
                        "/v1/run",
                        "{}",
                        upstream.on(script).header(),
                        "X-API-Key: " + key,
                        "Runtape-Thread-Id: " + thread);
    }

    private ValidatableResponse ask(String key, String body) {
        return given().baseUri(url())
                .header("X-API-Key", key)
                .contentType("application/json")
                .body(body)
                .post("/history/v1/tickets")
                .then();
    }

    private String ticket(String field, String id) {
        return ask(key, "{\"" + field + "\":\"" + id + "\"}")
                .statusCode(201)
                .header("Cache-Control", "no-store")
                .extract()
                .path("data.ticket");
    }

    private WireResponse read(String target, String ticket, String... headers) throws Exception {
        String[] lines = Arrays.copyOf(headers, headers.length + 1);
        lines[headers.length] = STREAM;
        return client().get("/history/v1" + target + "?ticket=" + ticket, lines);
    }

    private void assertRefused(String target, String ticket, String... headers) throws Exception {
        try (WireResponse response = read(target, ticket, headers)) {
            assertEquals(401, response.status(), target);
            String body = new String(response.whole(), StandardCharsets.UTF_8);
            assertTrue(body.contains("\"code\":\"unauthorized\",\"message\":\""), body);
            assertFalse(!ticket.isEmpty() && body.contains(ticket), body);
        }
    }

    /** As if all that happened to this ticket had happened earlier. */
    private void age(String ticket, Duration by) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement update = connection.prepareStatement("""
                        update ticket set used_at = used_at - cast(? as bigint) * interval '1' second,
                            expires_at = expires_at - cast(? as bigint) * interval '1' second where hash = ?""")) {
            update.setLong(1, by.toSeconds());
            update.setLong(2, by.toSeconds());
            update.setString(3, Ticket.brought(ticket).hash());
            assertEquals(1, update.executeUpdate());
        }
    }

    private void endEarlier(String run, Duration by) throws SQLException {
        try (Connection connection = PatientConnection.to(store());
                PreparedStatement update = connection.prepareStatement(
                        "update run set completed_at = completed_at - cast(? as bigint) * interval '1' second where id = ?")) {
            update.setLong(1, by.toSeconds());
            update.setString(2, run);
            assertEquals(1, update.executeUpdate());
        }
    }

    private boolean isKept(String ticket) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement select = connection.prepareStatement("select count(*) from ticket where hash = ?")) {
            select.setString(1, Ticket.brought(ticket).hash());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getInt(1) == 1;
            }
        }
    }

    @Test
    void nothingOfATicketIsLeftWhenItsRunIsDeleted() throws Exception {
        String run = record();
        String ticket = ticket("runId", run);
        assertTrue(isKept(ticket));

        given().baseUri(url())
                .header("X-API-Key", key)
                .delete("/history/v1/runs/" + run)
                .then()
                .statusCode(204);

        assertFalse(isKept(ticket));
    }

    @Test
    void aTicketReadsTheRunThatItIsForAgainAndAgain() throws Exception {
        String run = record();
        String ticket = ticket("runId", run);

        for (String id : new String[] {run, run, "up-" + name}) {
            try (WireResponse response = read("/runs/" + id + "/events", ticket)) {
                assertEquals(200, response.status());
                assertTrue(new String(response.whole()).startsWith("data: 1\nid: 1\n\nevent: runtape.end\n"));
            }
        }
        try (WireResponse response = read("/runs/" + run + "/events", ticket, "Last-Event-ID: 1")) {
            assertEquals(204, response.status());
        }
    }

    @Test
    void isMadeForARunByEitherOfItsIds() throws Exception {
        String run = record();

        try (WireResponse response = read("/runs/" + run + "/events", ticket("runId", "up-" + name))) {
            assertEquals(200, response.status());
        }
    }

    @Test
    void aTicketReadsTheThreadThatItIsFor() throws Exception {
        record();
        String ticket = ticket("threadId", thread);

        try (WireResponse response = read("/threads/" + thread + "/events", ticket)) {
            assertEquals(200, response.status());
            String first = "data: 1\nid: " + ((1L << 32) + 1) + "\n\n";
            assertEquals(first, new String(response.readUpTo(first.length())).substring(0, first.length()));
        }
    }

    @Test
    void saysUntilWhenItMustFirstBeUsed() throws Exception {
        Instant before = Instant.now();
        String expiresAt = ask(key, "{\"runId\":\"" + record() + "\"}")
                .statusCode(201)
                .body("data.size()", equalTo(2))
                .body("meta", nullValue())
                .extract()
                .path("data.expiresAt");

        Duration left = Duration.between(before, Instant.parse(expiresAt));
        assertTrue(left.toSeconds() >= 60 && left.toSeconds() < 90, expiresAt);
    }

    @Test
    void opensNothingElse() throws Exception {
        String run = record();
        String forRun = ticket("runId", run);
        String forThread = ticket("threadId", thread);
        String other;
        try (WireResponse response = post(Script.stream("data: 2\n\n"))) {
            other = response.header("Runtape-Run-Id");
            response.whole();
            table().ended(other);
        }

        assertRefused("/runs/" + other + "/events", forRun);
        assertRefused("/runs/run_none/events", forRun);
        assertRefused("/threads/" + thread + "/events", forRun);
        assertRefused("/runs/" + run + "/events", forThread);
        assertRefused("/threads/thr_none/events", forThread);
        assertRefused("/runs/" + other + "/replay", forRun);
        assertRefused("/threads/" + thread + "/replay", forRun);
        assertRefused("/runs/" + run + "/replay", forThread);
        try (WireResponse page = client().get("/history/v1/runs/" + run + "/events?ticket=" + forRun)) {
            assertEquals(401, page.status());
        }
        try (WireResponse list = client().get("/history/v1/runs?ticket=" + forRun)) {
            assertEquals(400, list.status());
        }
    }

    @Test
    void oneThatIsNoneIsRefusedWhateverComesWithIt() throws Exception {
        String run = record();

        assertRefused("/runs/" + run + "/events", "tkt_none", "X-API-Key: " + key);
        assertRefused("/runs/" + run + "/events", "", "X-API-Key: " + key);
        assertRefused("/threads/" + thread + "/events", "%00", "X-API-Key: " + key);
    }

    @Test
    void nobodyGetsOneForWhatIsAnothers() throws Exception {
        String run = record();

        ask("another", "{\"runId\":\"" + run + "\"}").statusCode(404).body("error.code", equalTo("not_found"));
        ask("another", "{\"threadId\":\"" + thread + "\"}").statusCode(404).body("error.code", equalTo("not_found"));
        given().baseUri(url())
                .contentType("application/json")
                .body("{\"runId\":\"" + run + "\"}")
                .post("/history/v1/tickets")
                .then()
                .statusCode(401)
                .body("error.code", equalTo("unauthorized"));
    }

    @Test
    void refusesABodyThatNamesNotOneThing() {
        for (String body : new String[] {
            "", "[]", "{}", "{\"runId\":7}", "{\"runId\":\"a\",\"threadId\":\"b\"}", "{\"runId\":\"a\",\"more\":1}", "{"
        }) {
            ask(key, body).statusCode(400).body("error.code", equalTo("invalid_request"));
        }
        ask(key, "{\"runId\":\"\\u0000\"}").statusCode(404);
        ask(key, "{\"threadId\":\"\\u0000\"}").statusCode(404);
    }

    @Test
    void mustFirstBeUsedWithinAMinute() throws Exception {
        String run = record();
        String inTime = ticket("runId", run);
        String late = ticket("runId", run);
        age(inTime, Duration.ofSeconds(30));
        age(late, Duration.ofSeconds(61));

        try (WireResponse response = read("/runs/" + run + "/events", inTime)) {
            assertEquals(200, response.status());
        }
        assertRefused("/runs/" + run + "/events", late);
    }

    @Test
    void oneForARunIsGoodWhileItGoesOnAndTenMinutesAfterItsEnd() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        Script script = exchange -> {
            exchange.streamHead();
            exchange.chunk("data: 1\n\n");
            assertTrue(seen.await(30, TimeUnit.SECONDS));
            exchange.end();
        };
        try (WireResponse live = post(script)) {
            String run = live.header("Runtape-Run-Id");
            String ticket = ticket("runId", run);
            try (WireResponse response = read("/runs/" + run + "/events", ticket)) {
                assertEquals(200, response.status());
            }
            age(ticket, Duration.ofDays(2));
            try (WireResponse response = read("/runs/" + run + "/events", ticket)) {
                assertEquals(200, response.status());
            }
            seen.countDown();
            live.whole();
            table().ended(run);

            endEarlier(run, Duration.ofMinutes(9));
            try (WireResponse response = read("/runs/" + run + "/events", ticket)) {
                assertEquals(200, response.status());
            }
            endEarlier(run, Duration.ofMinutes(1));
            assertRefused("/runs/" + run + "/events", ticket);
        }
    }

    @Test
    void oneForAThreadIsGoodForAnHour() throws Exception {
        record();
        String ticket = ticket("threadId", thread);
        read("/threads/" + thread + "/events", ticket).close();
        try (WireResponse response = read("/threads/" + thread + "/events", ticket)) {
            assertEquals(200, response.status());
        }

        age(ticket, Duration.ofMinutes(59));
        try (WireResponse response = read("/threads/" + thread + "/events", ticket)) {
            assertEquals(200, response.status());
        }
        age(ticket, Duration.ofMinutes(1));
        assertRefused("/threads/" + thread + "/events", ticket);
    }

    @Test
    void isKeptAsAHashAndDeletedWhenItsTimeIsOver() throws Exception {
        String run = record();
        String unused = ticket("runId", run);
        String used = ticket("runId", run);
        assertTrue(isKept(unused));
        try (Connection connection = store().connect();
                PreparedStatement select =
                        connection.prepareStatement("select count(*) from ticket where hash = ? or owner like ?")) {
            select.setString(1, unused);
            select.setString(2, "%" + unused + "%");
            try (ResultSet row = select.executeQuery()) {
                row.next();
                assertEquals(0, row.getInt(1));
            }
        }
        try (WireResponse response = read("/runs/" + run + "/events", used)) {
            response.whole();
        }
        age(unused, Duration.ofMinutes(2));
        age(used, Duration.ofMinutes(11));

        ticket("runId", run);

        assertFalse(isKept(unused));
        assertTrue(isKept(used), "the run ended less than ten minutes ago");

        endEarlier(run, Duration.ofMinutes(10));
        ticket("runId", run);

        assertFalse(isKept(used));
    }

    @Test
    void oneForAThreadDiesWithIt() throws Exception {
        record();
        String used = ticket("threadId", thread);
        String unused = ticket("threadId", thread);
        read("/threads/" + thread + "/events", used).close();
        given().baseUri(url())
                .header("X-API-Key", key)
                .delete("/history/v1/threads/" + thread)
                .then()
                .statusCode(204);

        // A thread of the same id is another one.
        record();

        assertRefused("/threads/" + thread + "/events", used);
        assertRefused("/threads/" + thread + "/events", unused);
        assertFalse(isKept(used));
        assertFalse(isKept(unused));
    }

    @Test
    void findsTicketsByAnIndex() throws SQLException {
        requireIndex(Tickets.FIRST_USE, "primary_key", "ticket_pkey", "'h1'");
        requireIndex(Tickets.GOOD, "primary_key", "ticket_pkey", "'h1'");
        requireIndex(Tickets.DELETE_EXPIRED, "ticket_by_expiry", "ticket_expires_at_idx");
        requireIndex(Tickets.DELETE_OF_RUN, "ticket_by_run", "ticket_run_pk_idx", "1");
        requireIndex(Tickets.DELETE_OF_THREAD, "ticket_by_thread", "ticket_thread_id_idx", "'o'", "'thr_1'");
        requireIndex(Tickets.LOCK_THREAD, "primary_key", "thread_pkey", "'o'", "'thr_1'");
    }

    private void requireIndex(String sql, String onH2, String onPostgres, String... values) throws SQLException {
        LargeTables.requireIndex(store(), LargeTables.with(sql, values), onH2, onPostgres);
    }
}
