package io.runtape.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/**
 * What nobody should send: requests that are no HTTP or two requests at once, agent APIs that break the protocol, JSON to break
 * parsers with, races, and what fills logs and metrics. Each is refused or passed on as what it is; none reaches another caller.
 */
abstract class StrangeCallersIT extends UnderAttack {

    private static final String KEY = "X-API-Key: strange";
    private static final String JSON = "Content-Type: application/json";
    private static final String BODY = "{\"prompt\":\"x\"}";
    private static final String EVENT = "data: {\"n\":1}\n\n";

    /** The connection is closed without a response. */
    private static final int CLOSED = 0;

    private final List<String> surprises = new ArrayList<>();

    @Test
    void refusesRequestsThatAreNoHttp() throws Exception {
        byte[] noise = new byte[20_000];
        new Random(9).nextBytes(noise);
        Map<String, byte[]> strange = new LinkedHashMap<>();
        strange.put("a method of 5,000 characters", request("A".repeat(5000), "/v1/run", BODY));
        strange.put("a target of 1 MB", request("GET", "/v1/" + "a".repeat(1 << 20), ""));
        strange.put("no target", "GET  HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
        strange.put("HTTP/0.9", "GET /history/v1/runs\r\n\r\n".getBytes(UTF_8));
        strange.put("no host", raw("POST /v1/run HTTP/1.1", KEY, JSON, "Content-Length: " + BODY.length(), "", BODY));
        strange.put("two hosts", request("POST", "/v1/run", BODY, "Host: other"));
        strange.put("a header without a name", request("POST", "/v1/run", BODY, ": x"));
        strange.put("a header without a colon", request("POST", "/v1/run", BODY, "nocolon"));
        strange.put("a space in a header's name", request("POST", "/v1/run", BODY, "X Bad: 1"));
        strange.put("a space before the colon", request("POST", "/v1/run", BODY, "Transfer-Encoding : chunked"));
        strange.put("NUL in a header", request("POST", "/v1/run", BODY, "X-A: a\0b"));
        strange.put("a lone CR in a header", request("POST", "/v1/run", BODY, "X-A: a\rX-B: b"));
        strange.put("a header of 100 KB", request("POST", "/v1/run", BODY, "X-A: " + "a".repeat(100_000)));
        strange.put(
                "lone LFs",
                ("POST /v1/run HTTP/1.1\nHost: x\n" + KEY + "\nContent-Length: 14\n\n" + BODY).getBytes(UTF_8));
        strange.put("TLS", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003 \r\n\r\n".getBytes(ISO_8859_1));
        strange.put("noise", noise);
        strange.put("a method in lower case", request("post", "/v1/run", BODY));
        for (String target : List.of("/v1/run%zz", "/v1/run%00", "/v1/run#x")) {
            strange.put("the target " + target, request("POST", target, BODY));
        }
        Scripted script = upstream.on(Script.stream(EVENT));
        strange.forEach((name, bytes) -> answered(name, bytes, script, Set.of(400, 404, 414, 431, 501, CLOSED)));
        assertNoSurprise();
    }

    @Test
    void takesNoRequestForTwoOrTwoForOne() throws Exception {
        String chunked = "e\r\n" + BODY + "\r\n0\r\n\r\n";
        Map<String, byte[]> strange = new LinkedHashMap<>();
        strange.put("a length and chunks", lengths(chunked, "Content-Length: 4", "Transfer-Encoding: chunked"));
        strange.put("two lengths", lengths(BODY, "Content-Length: 14", "Content-Length: 4"));
        for (String length : List.of("-1", "+14", "0x0e", "1 4", "14,14", "9".repeat(20))) {
            strange.put("the length " + length, lengths(BODY, "Content-Length: " + length));
        }
        for (String coding : List.of("xchunked", "identity", "gzip, chunked", "chunked;q=1")) {
            strange.put("the coding " + coding, lengths(chunked, "Transfer-Encoding: " + coding));
        }
        strange.put("two codings", lengths(chunked, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"));
        for (String size : List.of("zz", "-1", "0xe", "F".repeat(17), "e;a=" + "b".repeat(100_000))) {
            strange.put(
                    "a chunk of " + size.substring(0, Math.min(9, size.length())),
                    lengths(size + chunked.substring(1), "Transfer-Encoding: chunked"));
        }
        Scripted script = upstream.on(Script.stream(EVENT));
        strange.forEach((name, bytes) -> answered(name, bytes, script, Set.of(400, 501, CLOSED)));
        assertNoSurprise();
    }

    private byte[] lengths(String body, String... headerLines) {
        List<String> lines = new ArrayList<>(List.of("POST /v1/run HTTP/1.1", "Host: x", KEY, JSON));
        lines.addAll(Arrays.asList(headerLines));
        lines.add("");
        lines.add(body);
        return raw(lines.toArray(String[]::new));
    }

    @Test
    void handsNoCallerWhatAnotherConnectionWasLeftWith() throws Exception {
        String second =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 16\r\n\r\ndata: poisoned\n\n";
        Map<String, Script> broken = new LinkedHashMap<>();
        broken.put(
                "two answers to one call",
                e -> e.streamHead()
                        .chunk(EVENT)
                        .raw(("0\r\n\r\n" + second).getBytes(UTF_8))
                        .isWhole());
        broken.put("two lengths", e -> e.raw(answer("Content-Length: 2", "Content-Length: 3", "", "{} ")));
        broken.put("a negative length", e -> e.raw(answer("Content-Length: -5", "", "{}")));
        broken.put(
                "a length and chunks",
                e -> e.raw(answer("Content-Length: 3", "Transfer-Encoding: chunked", "", "0\r\n")));
        broken.put("a length that never comes", e -> e.raw(answer("Content-Length: 99999999999999", "", "{}")));
        broken.put(
                "a body after 204",
                e -> e.raw("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello".getBytes(UTF_8)));
        broken.put("a bad chunk", e -> e.streamHead().chunk(EVENT).raw("zz\r\nxx\r\n".getBytes(UTF_8)));
        broken.put(
                "a chunk past all numbers",
                e -> e.streamHead().chunk(EVENT).raw(("F".repeat(17) + "\r\nx").getBytes(UTF_8)));
        broken.put("a chunk extension of 2 MB", e -> e.streamHead().raw(("5;" + "a".repeat(2 << 20)).getBytes(UTF_8)));
        broken.put("200,000 trailers", StrangeCallersIT::trailers);
        broken.put("20,000 interim answers", StrangeCallersIT::interim);
        broken.put("an answer of HTTP/2", e -> e.raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(UTF_8)));
        broken.put(
                "an answer of HTTP/3.0", e -> e.raw("HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\n{}".getBytes(UTF_8)));
        broken.put("101 for no upgrade", e -> e.raw("HTTP/1.1 101 Switching Protocols\r\n\r\nxx".getBytes(UTF_8)));
        broken.put(
                "a header with control characters",
                e -> e.raw(answer("X-Run-ID: a\u0001b", "Content-Length: 2", "", "{}")));
        broken.put(
                "lone LFs",
                e -> e.raw(("HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\n" + EVENT).getBytes(UTF_8)));
        for (Map.Entry<String, Script> each : broken.entrySet()) {
            for (String target : List.of("/v1/run", "/v1/models")) {
                afterwards(each.getKey(), each.getValue(), target);
            }
        }
        assertNoSurprise();
    }

    private void afterwards(String name, Script script, String target) throws Exception {
        try (WireResponse response =
                client().post(target, BODY, upstream.on(script).header(), KEY)) {
            response.readAll();
        } catch (EOFException | SocketException closed) {
            surprises.add(name + " at " + target + ": no answer");
        }
        String next = ofNextCaller(target);
        // The agent API closes its connection, and this call may have been on its way over it. The one after it is not.
        if (next.contains("it closed the connection without a response")) {
            next = ofNextCaller(target);
        }
        if (!next.equals("data: mine\n\n")) {
            surprises.add(name + " at " + target + ": the next caller gets " + next);
        }
    }

    private String ofNextCaller(String target) throws Exception {
        Scripted own = upstream.on(Script.stream("data: mine\n\n"));
        try (WireResponse response = client().post(target, BODY, own.header(), KEY)) {
            return new String(response.whole(), UTF_8);
        }
    }

    private static void trailers(Exchange exchange) throws IOException {
        exchange.streamHead().chunk(EVENT).raw("0\r\n".getBytes(UTF_8));
        for (int i = 0; i < 200_000; i++) {
            exchange.raw(("X-" + i + ": " + "a".repeat(30) + "\r\n").getBytes(UTF_8));
        }
        exchange.end();
    }

    private static void interim(Exchange exchange) throws IOException {
        for (int i = 0; i < 20_000; i++) {
            exchange.raw("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".getBytes(UTF_8));
        }
        exchange.streamHead().chunk(EVENT).end();
    }

    private static byte[] answer(String... lines) {
        List<String> all = new ArrayList<>(List.of("HTTP/1.1 200 OK", "Content-Type: application/json"));
        all.addAll(Arrays.asList(lines));
        return raw(all.toArray(String[]::new));
    }

    @Test
    void recordsStreamsThatAreMeantToBreakParsers() throws Exception {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
            for (int i = 0; i < 200; i++) {
                gzip.write(new byte[1 << 20]);
            }
        }
        String keys = keys(300_000);
        Map<String, String> streams = new LinkedHashMap<>();
        streams.put("a million empty lines", "\n".repeat(1_000_000));
        streams.put("events that end in CR CR", "data: x\r\r".repeat(20_000));
        streams.put("an event of a million lines", "data\n".repeat(1_000_000) + "\n");
        streams.put("an event name of 7 MB", "event: " + "e".repeat(7_000_000) + "\ndata: x\n\n");
        streams.put("arrays 500,000 deep", "data: " + "[".repeat(500_000) + "\n\n");
        streams.put("usage 100,000 deep", completed("\"usage\":" + "{\"a\":".repeat(100_000)));
        streams.put("a number of 900,000 digits", completed("\"iterations\":" + "9".repeat(900_000) + "}"));
        streams.put(
                "a number past all exponents",
                completed("\"usage\":{\"inputTokens\":1e999999999,\"outputTokens\":-1}}"));
        streams.put("300,000 keys", completed(keys + "}"));
        streams.put("retry past all numbers", "retry: " + "9".repeat(100_000) + "\n\n" + EVENT);
        streams.put("a bomb", bomb.toString(ISO_8859_1));
        for (Map.Entry<String, String> each : streams.entrySet()) {
            byte[] bytes = each.getValue().getBytes(ISO_8859_1);
            String[] lines = each.getKey().equals("a bomb")
                    ? new String[] {"Content-Type: text/event-stream", "Content-Encoding: gzip"}
                    : new String[] {"Content-Type: text/event-stream"};
            Scripted script = upstream.on(Script.whole(200, bytes, lines));
            try (WireResponse response = client().post("/v1/run", BODY, script.header(), KEY)) {
                byte[] got = response.whole();
                if (!Arrays.equals(bytes, got)) {
                    surprises.add(each.getKey() + ": " + got.length + " of " + bytes.length + " bytes");
                }
                String run = response.header("Runtape-Run-Id");
                for (String view : List.of("", "/events?limit=5", "/events?limit=5&order=desc", "/transcript")) {
                    read(each.getKey(), "/history/v1/runs/" + run + view);
                }
            }
        }
        assertNoSurprise();
    }

    private void read(String name, String target) throws IOException {
        try (WireResponse response = WireResponse.againWhile("overloaded", PATIENCE, () -> client().get(target, KEY))) {
            response.readAll();
            if (response.status() != 200 || response.end() != WireResponse.End.WHOLE) {
                surprises.add(name + " at " + target + ": " + response.status() + ", " + response.end());
            }
        }
    }

    private static String completed(String members) {
        return "event: run_completed\ndata: {\"status\":\"completed\"," + members + "\n\n";
    }

    private static String keys(int count) {
        StringBuilder keys = new StringBuilder("\"k\":0");
        for (int i = 0; i < count; i++) {
            keys.append(",\"k").append(i).append("\":1");
        }
        return keys.toString();
    }

    @Test
    void takesOrRefusesBodiesThatAreMeantToBreakParsers() throws Exception {
        Map<String, String> taken = new LinkedHashMap<>();
        taken.put("a byte order mark", "\ufeff" + BODY);
        taken.put("arrays 100,000 deep", "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}");
        taken.put("members that come twice", "{\"stream\":true,\"stream\":false,\"prompt\":\"a\",\"prompt\":\"b\"}");
        taken.put("NUL in the prompt", "{\"prompt\":\"a\\u0000b\"}");
        taken.put(
                "half a character",
                "{\"prompt\":\"\\ud800\",\"agent\":\"\\udfff\",\"metadata\":{\"\\ud800\":\"\\udfff\"}}");
        taken.put("a number of 2,000 digits", "{\"metadata\":{\"a\":" + "9".repeat(2000) + "}}");
        taken.put("a name of 100 KB", "{\"metadata\":{\"" + "k".repeat(100_000) + "\":1}}");
        taken.put("300,000 names", "{\"metadata\":{" + keys(300_000) + "}}");
        taken.put(
                "members of other types", "{\"prompt\":{\"a\":1},\"agent\":7,\"messages\":\"x\",\"stream\":\"false\"}");
        taken.put("a thread outside", "{\"threadId\":\"../../x\"}");
        Map<String, String> refused = new LinkedHashMap<>();
        refused.put("no number", "{\"a\":NaN}");
        refused.put("a comment", "{/*x*/\"a\":1}");
        refused.put("a control character", "{\"prompt\":\"a\u0001b\"}");
        Scripted script = upstream.on(Script.stream(EVENT));
        taken.forEach((name, body) -> answered(name, request("POST", "/v1/run", body), script, Set.of(200)));
        refused.forEach((name, body) -> answered(name, request("POST", "/v1/run", body), script, Set.of(400)));
        assertNoSurprise();
        try (WireResponse runs = client().get("/history/v1/runs?limit=20", KEY)) {
            JsonArray data = new JsonObject(new String(runs.whole(), UTF_8)).getJsonArray("data");
            assertTrue(data.size() >= taken.size(), data::encode);
        }
    }

    @Test
    void staysWholeInRaces() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));
        int before = upstream.received().size();
        List<Integer> keyed = atOnce(100, i -> post("/v1/run", script, "Idempotency-Key: race"));
        assertEquals(Set.of(200), Set.copyOf(keyed));
        assertEquals(1, upstream.received().size() - before, "calls of the agent API for one key");

        List<Integer> deleted = atOnce(
                120,
                i -> i % 2 == 0
                        ? post("/v1/run", script, "Runtape-Thread-Id: race")
                        : status("DELETE", "/history/v1/threads/race"));
        assertTrue(Set.of(200, 204, 404, 409).containsAll(deleted), deleted::toString);

        Scripted silent = upstream.on(Script.unended(EVENT));
        try (WireResponse live = client().post("/v1/run", BODY, silent.header(), KEY)) {
            live.readUpTo(1);
            String run = live.header("Runtape-Run-Id");
            List<Integer> cancelled = atOnce(100, i -> status("POST", "/history/v1/runs/" + run + "/cancel"));
            assertEquals(Set.of(200), Set.copyOf(cancelled));
        }
    }

    private interface Call {
        int status(int number) throws Exception;
    }

    private static List<Integer> atOnce(int count, Call call) throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(50);
        try {
            List<Callable<Integer>> calls = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                calls.add(() -> call.status(number));
            }
            List<Integer> statuses = new ArrayList<>();
            for (Future<Integer> each : callers.invokeAll(calls)) {
                statuses.add(each.get());
            }
            return statuses;
        } finally {
            callers.shutdownNow();
        }
    }

    private int post(String target, Scripted script, String headerLine) throws IOException {
        try (WireResponse response = taken(() -> client().post(target, BODY, script.header(), KEY, headerLine))) {
            response.readAll();
            return response.status();
        }
    }

    private int status(String method, String target) throws IOException {
        try (WireResponse response = taken(() -> client().send(method, target, new byte[0], KEY))) {
            response.readAll();
            return response.status();
        }
    }

    @Test
    void letsNobodyFillTheMetrics() throws Exception {
        int before = metrics().size();
        for (int i = 0; i < 100; i++) {
            status("Q" + i, "/v1/models");
            status("Q" + i, "/history/v1/runs");
            status("GET", "/v1/threads/thread-" + i);
            status("GET", "/nothing/" + i);
        }
        atOnce(600, i -> status("GET", "/v1/files/file-" + i + "/of-thread-" + i));
        List<String> now = metrics();
        assertTrue(now.size() - before < 50, () -> String.join("\n", now));
        assertFalse(now.stream().anyMatch(line -> line.contains("thread-1")), "ids do not belong into metrics");
    }

    private List<String> metrics() throws IOException {
        try (WireResponse response = gateway.management().client().get("/q/metrics")) {
            return new String(response.whole(), UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("http_server_requests_seconds_count"))
                    .toList();
        }
    }

    @Test
    void letsNobodyFillTheLog() throws Exception {
        int before = gateway.output().size();
        Scripted broken = upstream.on(e -> e.raw(answer("Content-Length: -5", "", "{}")));
        for (int i = 0; i < 50; i++) {
            answered(
                    "noise",
                    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnoise noise noise".getBytes(UTF_8),
                    broken,
                    Set.of(CLOSED));
            answered("a bad chunk", lengths("zz\r\n", "Transfer-Encoding: chunked"), broken, Set.of(400, CLOSED));
            try (WireResponse response = client().post("/v1/run", BODY, broken.header(), KEY)) {
                response.readAll();
            }
        }
        List<String> printed = gateway.output().stream()
                .skip(before)
                .filter(line -> line.contains("ERROR"))
                .toList();
        assertTrue(printed.isEmpty(), () -> String.join("\n", printed));
        assertNoSurprise();
    }

    private void answered(String name, byte[] request, Scripted script, Set<Integer> allowed) {
        boolean mayPass = allowed.contains(200);
        long before = upstream.received().size();
        byte[] scripted = new String(request, ISO_8859_1)
                .replaceFirst("\r\n" + KEY, "\r\n" + KEY + "\r\n" + script.header())
                .getBytes(ISO_8859_1);
        int status = CLOSED;
        try (WireResponse response = client().sendRaw(scripted)) {
            status = RunTable.await(name + " is answered", () -> statusOf(response));
        } catch (IOException closed) {
            // As what cannot be answered may end.
        }
        if (!allowed.contains(status)) {
            surprises.add(name + ": " + status);
        }
        if (!mayPass && upstream.received().size() > before) {
            surprises.add(name + ": reached the agent API");
        }
    }

    private static int statusOf(WireResponse response) throws IOException {
        try {
            int status = Integer.parseInt(response.head().startLine().split(" ")[1]);
            response.readAll();
            return status;
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException noHttp) {
            return CLOSED;
        }
    }

    private void assertNoSurprise() {
        List<String> found = List.copyOf(surprises);
        surprises.clear();
        assertEquals(List.of(), found);
    }

    private static byte[] request(String method, String target, String body, String... headerLines) {
        List<String> lines = new ArrayList<>(List.of(method + " " + target + " HTTP/1.1", "Host: x", KEY, JSON));
        lines.addAll(Arrays.asList(headerLines));
        lines.add("Content-Length: " + body.getBytes(UTF_8).length);
        lines.add("");
        lines.add(new String(body.getBytes(UTF_8), ISO_8859_1));
        return raw(lines.toArray(String[]::new));
    }

    private static byte[] raw(String... lines) {
        return String.join("\r\n", lines).getBytes(ISO_8859_1);
    }
}
