package io.runtape.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import io.runtape.transcript.HostileTexts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptException;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The console in a browser: each view shows what was recorded, by mouse and by keyboard, and nothing of a recording runs. */
class ConsoleIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KEY = "rt_test_console";
    private static final String AS_KEY = "X-API-Key: " + KEY;
    private static final int LONG = 300_000;
    private static final int HUGE_CHARS = 5_000_000;
    private static final String TOP_OF_THE_RUNS =
            "return document.querySelector('.run-list').getBoundingClientRect().top";

    /** The agent of whose runs the frames are deleted after a second. */
    private static final String BRIEF = "brief";

    /** The frames of a run as they come, as opposed to a page of them. */
    private static final String IS_OF_A_TIMELINE = "options.headers.Accept === 'application/x-ndjson'";

    private static final String IS_A_TAIL = "options.headers.Accept === 'text/event-stream'";

    private static final String TRACK = "document.querySelector('rt-player').track";

    private static ConsoleTab tab;
    private static String database;
    private static ScriptedUpstream upstream;
    private static GatewayProcess gateway;
    private static HttpServer elsewhere;
    private static final ConsoleRuns RUNS = ConsoleRuns.before(Instant.now());
    private static final List<String> LOADED = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        upstream = new ScriptedUpstream();
        database = PostgresServer.freshDatabase();
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_RETENTION_RULES_BRIEF_AGENT", BRIEF);
        settings.put("RUNTAPE_RETENTION_RULES_BRIEF_FRAMES_AFTER", "1s");
        gateway = GatewayProcess.start(settings).ready();
        elsewhere = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        elsewhere.createContext("/", exchange -> {
            LOADED.add(exchange.getRequestURI().toString());
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        elsewhere.start();
        imported();
        tab = new ConsoleTab("http://127.0.0.1:" + gateway.port());
        tab.open("/console");
        tab.find("#key").sendKeys(KEY + Keys.ENTER);
        tab.find(".run-link");
    }

    @AfterAll
    static void stop() {
        if (tab != null) {
            tab.close();
        }
        if (gateway != null) {
            gateway.close();
        }
        if (elsewhere != null) {
            elsewhere.stop(0);
        }
        upstream.close();
    }

    @AfterEach
    void nothingWasForbidden() {
        tab.assertNothingForbidden();
    }

    private static void imported() throws IOException {
        byte[] archive = ArchivedRun.archive(RUNS.all()).getBytes(UTF_8);
        try (WireResponse response = gateway.client()
                .send("POST", "/history/v1/import", archive, AS_KEY, "Content-Type: application/x-ndjson")) {
            String summary = new String(response.whole(), UTF_8);
            assertEquals(200, response.status(), summary);
            assertTrue(summary.contains("\"imported\":" + RUNS.all().size()), summary);
        }
    }

    private static String event(String type, Map<String, Object> data) throws IOException {
        return "event: " + type + "\ndata: " + JSON.writeValueAsString(data) + "\n\n";
    }

    private static WireResponse call(String prompt, Script script) throws IOException {
        return call(Map.of("agent", "code-assistant", "prompt", prompt), script);
    }

    private static WireResponse call(Map<String, Object> body, Script script) throws IOException {
        return gateway.client()
                .post(
                        "/v1/run",
                        JSON.writeValueAsString(body),
                        AS_KEY,
                        upstream.on(script).header());
    }

    /** A call whose run can be found, since its first event has come. */
    private static WireResponse begun(Map<String, Object> body, Script script) throws IOException {
        WireResponse response = call(body, script);
        response.readUpTo(1);
        return response;
    }

    private static String record(String thread, String prompt, Script script) throws IOException {
        return record(Map.of("threadId", thread, "prompt", prompt), script);
    }

    private static String record(String prompt, Script script) throws IOException {
        return record(Map.of("agent", "code-assistant", "prompt", prompt), script);
    }

    private static String record(Map<String, Object> body, Script script) throws IOException {
        try (WireResponse response = call(body, script)) {
            response.readAll();
            return response.header("Runtape-Run-Id");
        }
    }

    private static Script saying(String text) throws IOException {
        return Script.stream(delta(text));
    }

    private static String delta(String text) throws IOException {
        return event("assistant_message_delta", Map.of("delta", text));
    }

    /** Says what comes, until it is empty. */
    private static Script saying(BlockingQueue<String> said) {
        return exchange -> {
            exchange.streamHead();
            for (String next = said.take(); !next.isEmpty(); next = said.take()) {
                exchange.chunk(delta(next).getBytes(UTF_8));
            }
            exchange.chunk(event("run_completed", Map.of("result", "done")).getBytes(UTF_8));
            exchange.end();
        };
    }

    /** Opens the list of runs, from which {@link #go} goes on in a page whose calls a test has changed. */
    private static void openList() {
        tab.open("/console");
        tab.find(".run-link");
    }

    /** Goes there as a link of the console does, in the same page. */
    private static void go(String target) {
        tab.js("history.pushState(null, '', arguments[0]); dispatchEvent(new PopStateEvent('popstate'))", target);
    }

    /** The page notes in a list what it asks for, and has this between it and the gateway, which {@code ask} asks. */
    private static void between(String statements) {
        tab.js("const ask = window.fetch; window.asked = [];"
                + " window.fetch = async (target, options) => { asked.push(options.headers.Accept + ' ' + target); "
                + statements
                + " return ask(target, options); }");
    }

    /** Calls of which this is true, as a script, have no answer but 503 until {@link #answerAgain()}. */
    private static void refuse(String calls) {
        refuse(calls, 503);
    }

    private static void refuse(String calls, int status) {
        tab.js("window.away = true");
        between("if (away && (" + calls + ")) { return new Response('{}', { status: " + status + " }); }");
    }

    private static void answerAgain() {
        tab.js("window.away = false");
    }

    /** All rests of the page are over, and somebody looks at it again. */
    private static void passTime() {
        tab.js("""
                const asked = performance.now.bind(performance);
                performance.now = () => asked() + 40_000;
                document.dispatchEvent(new Event("visibilitychange"));
                """);
    }

    /** Waits until the page has asked for nothing for a while, in which it would have tried again. */
    private static void awaitQuiet() {
        Object[] before = {null};
        Awaitility.await()
                .during(5, TimeUnit.SECONDS)
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> {
                    Object asked = tab.js("return asked.length");
                    boolean quiet = asked.equals(before[0]);
                    before[0] = asked;
                    return quiet;
                });
    }

    /** Calls of which this is true, as a script, wait until somebody lets them go. */
    private static void hold(String calls) {
        tab.js("window.mayGo = new Promise(resolve => { window.letGo = resolve; })");
        between("if (" + calls + ") { await mayGo; }");
    }

    /** What the browser complained of must be answers of such a status; returns how many. */
    private static int refusals(String status) {
        List<String> complaints = tab.complaints();
        assertTrue(
                complaints.stream().allMatch(each -> each.matches(".*status of " + status + " .*")),
                complaints::toString);
        return complaints.size();
    }

    @Test
    void asksForAKeyWhereOneIsNeeded() {
        tab.open("/console");
        tab.js("sessionStorage.clear()");
        tab.open("/console");
        WebElement key = tab.find("#key");
        assertEquals("password", key.getDomAttribute("type"));

        key.sendKeys(KEY + Keys.ENTER);

        tab.find(".run-link");
        assertEquals(KEY, tab.js("return sessionStorage.getItem('runtape.key')"));
        assertEquals(null, tab.js("return localStorage.getItem('runtape.key')"));
        tab.awaitText(".top", "key …sole");
    }

    @Test
    void listsRunsAndShowsNewOnesByThemselves() throws Exception {
        tab.open("/console");
        tab.awaitText("table.runs", "Deploy it to staging");
        tab.awaitText("table.runs", "there are no credentials for staging");

        record("A run that comes while somebody looks", Script.stream(event("run_completed", Map.of("result", "x"))));

        tab.awaitText("table.runs tbody tr:first-child", "A run that comes while somebody looks");
    }

    @Test
    void filtersByWhatTheAddressSays() {
        tab.open("/console?status=failed&agent=code-assistant");
        tab.awaitText("table.runs", "Deploy it to staging");
        assertFalse(tab.text("table.runs").contains("completed"));

        tab.js("const status = document.querySelector('[name=status]'); status.value = 'completed';"
                + " status.dispatchEvent(new Event('change', { bubbles: true }))");
        tab.awaitTrue("new URLSearchParams(location.search).get('status') === 'completed'");
        tab.awaitText("table.runs", "completed");
        tab.awaitTrue("document.querySelector('table.runs').closest('[aria-busy=false]')");
        assertFalse(tab.text("table.runs").contains("Deploy it"));

        tab.browser().navigate().back();
        tab.awaitText("table.runs", "Deploy it to staging");
    }

    @Test
    void listsAllRunsAfterARefusal() {
        tab.open("/console/overview");
        tab.find("rt-chart canvas");
        refuse("target.includes('/runs?')");
        go("/console");
        tab.awaitText(".problem", "503");

        answerAgain();
        tab.awaitTrue("document.querySelectorAll('table.runs tbody tr').length === 50");
        tab.awaitText(".paging", "Older");

        refuse("target.includes('/runs?')");
        tab.awaitText(".problem", "503");
        assertFalse(tab.text(".paging").contains("by themselves"));
        answerAgain();
        tab.awaitText(".paging", "by themselves");
        assertEquals("", tab.text(".problem"));

        refuse("target.includes('status=failed')");
        go("/console?status=failed&agent=code-assistant");
        tab.awaitText(".problem", "503");
        assertEquals("", tab.text("table.runs"), "runs that the filter excludes");

        answerAgain();
        passTime();
        tab.awaitText("table.runs", "Deploy it to staging");
        assertFalse(tab.text("table.runs").contains("completed"));
        tab.awaitTrue("document.querySelector('.problem') === null");
    }

    @Test
    void pagesThroughTheRuns() {
        tab.open("/console?since=-7d");
        tab.find(".run-link");
        String first = tab.text("table.runs tbody tr:first-child");

        tab.find(".paging a").click();

        tab.awaitTrue("location.search.includes('cursor=')");
        tab.awaitText(".paging", "Newest");
        tab.awaitTrue("document.querySelector('table.runs').closest('[aria-busy=false]')");
        assertFalse(tab.text("table.runs").contains(first));
    }

    @Test
    void movesByKeys() {
        tab.open("/console?agent=code-assistant&status=failed");
        tab.awaitText("table.runs", "Deploy it to staging");
        tab.press("/");
        assertEquals("q", tab.browser().switchTo().activeElement().getDomAttribute("name"));
        tab.js("document.activeElement.blur()");

        tab.press("j");
        assertEquals(RUNS.bad().id(), tab.browser().switchTo().activeElement().getDomAttribute("data-id"));
        tab.press("x");
        tab.awaitText(".marked", "One run is marked");
        tab.press("j");
        tab.press("k");
        tab.press(Keys.ENTER);

        tab.awaitText("h1", "Deploy it to staging");
        assertEquals("/console/runs/" + RUNS.bad().id(), tab.address());
        tab.press("e");
        tab.find(".grid");
        tab.press("?");
        tab.awaitText("dialog.help", "event by event");
        tab.escape();
    }

    @Test
    void showsWhatARunDidAndSaid() {
        tab.open("/console/runs/" + RUNS.good().id());
        tab.awaitText(".message.user", "Fix the flaky login test");
        tab.awaitText(".reasoning", "It races with the redirect");
        tab.awaitText("rt-markdown strong", "no longer races");
        tab.awaitText("rt-markdown td", "31 s");
        tab.awaitText(".figures", "2,480 → 164");
        WebElement tool =
                tab.browser().findElements(By.cssSelector("details.tool")).get(2);
        assertTrue(tool.getText().contains("npm test -- login --repeat 50"), tool::getText);
        assertFalse(tool.getText().contains("50 passed"));
        tool.findElement(By.tagName("summary")).click();
        assertTrue(tool.getText().contains("50 passed"), tool::getText);

        tab.open("/console/runs/" + RUNS.bad().id());
        tab.awaitText(".parts .error", "no credentials for staging");
        tab.awaitText("details.tool.bad", "exit 2");
    }

    @Test
    void showsEventsAndTheirBytes() {
        tab.open("/console/runs/" + RUNS.good().id() + "?tab=events#seq=2");
        tab.awaitText(".grid-row.selected", "assistant_thinking_delta");
        tab.awaitText(".hex", "65 76 65 6e 74 3a 20 61");
        tab.awaitText(".cursor .seq", "2 of");

        tab.find(".grid").sendKeys(Keys.ARROW_DOWN, Keys.ARROW_DOWN);

        tab.awaitTrue("location.hash === '#seq=4'");
        tab.awaitText(".cursor .seq", "4 of");
        tab.awaitText(".event-details", "#4");
    }

    @Test
    void decodesAnEventOnce() {
        tab.open("/console/runs/" + RUNS.good().id() + "?tab=events#seq=2");
        tab.find(".hex");
        tab.awaitText(".cursor .seq", "2 of");
        tab.js(
                "window.decoded = 0; const decode = window.atob; window.atob = text => { decoded++; return decode(text); }");

        tab.js("document.querySelector('.grid').scrollTop = 150");

        tab.awaitTrue("document.querySelector('rt-events').top === 150");
        assertEquals(0L, tab.js("return decoded"));
        tab.find(".grid").sendKeys(Keys.ARROW_DOWN);
        tab.awaitTrue("decoded === 1");
    }

    @Test
    void leavesTheReaderWhereHeWentWhileTheTimelineLoads() {
        openList();
        hold(IS_OF_A_TIMELINE);
        go("/console/runs/" + RUNS.good().id() + "?tab=events#seq=2");
        tab.awaitText(".event-details h2", "#2");
        tab.find(".grid").sendKeys(Keys.ARROW_DOWN);
        tab.awaitText(".event-details h2", "#3");

        tab.js("letGo()");

        tab.awaitText(".cursor .seq", "3 of");
        assertEquals("event-3", tab.find(".grid-row.selected").getAttribute("id"));
    }

    @Test
    void asksOnceForEventsThatAreGone() throws Exception {
        String run = record(Map.of("agent", BRIEF, "prompt", "Forget this soon"), saying("Soon."));
        RunTable.await(
                "its frames are deleted", () -> status("/history/v1/runs/" + run + "/events") == 410 ? true : null);

        tab.open("/console/runs/" + run + "?tab=events");

        tab.awaitText(".notice", "Its transcript is still there.");
        tab.find("rt-events .problem");
        String asked =
                "return performance.getEntriesByType('resource').filter(each => /events([?]|$)/.test(each.name)).length";
        Awaitility.await()
                .during(1, TimeUnit.SECONDS)
                .atMost(10, TimeUnit.SECONDS)
                .until(() -> ((Number) tab.js(asked)).intValue() <= 2);
        assertEquals(2, refusals("410"), "the timeline's and the table's");
    }

    @Test
    void asksAgainForEventsAfterARest() {
        openList();
        refuse("target.includes('/events?')");
        go("/console/runs/" + RUNS.good().id() + "?tab=events");
        tab.awaitText("rt-events .problem", "503");
        tab.awaitText(".grid-row", "…");
        answerAgain();

        passTime();

        tab.awaitText(".grid-row", "run_started");
        tab.awaitTrue("document.querySelector('rt-events .problem') === null");
    }

    @Test
    void showsTheEventAtTheCursorAfterARefusal() {
        openList();
        refuse("target.includes('/events?')");
        go("/console/runs/" + RUNS.good().id() + "#seq=3");
        tab.awaitText(".at-cursor", "503");

        answerAgain();

        tab.awaitText(".inspector", "#3 ");
    }

    @Test
    void asksAgainForARequestAndAComparison() {
        openList();
        refuse("target.endsWith('/request') || target.includes('/diff')");
        go("/console/runs/" + RUNS.bad().id() + "?tab=request");
        tab.awaitText("rt-request .problem", "503");
        answerAgain();
        tab.awaitText("rt-request rt-code", "\"prompt\": \"Deploy it to staging\"");
        assertEquals("", tab.text(".problem"));

        tab.js("window.away = true");
        go("/console/compare?a=" + RUNS.good().id() + "&b=" + RUNS.again().id());
        tab.awaitText(".problem", "503");
        answerAgain();
        passTime();
        tab.awaitText(".figures-table", "+26 %");
    }

    @Test
    void showsNoOtherEventThanTheChosenOne() {
        tab.open("/console/runs/" + RUNS.good().id() + "?tab=events#seq=5");
        tab.awaitText(".event-details h2", "#5");
        tab.awaitText(".cursor .seq", "5 of");
        hold("target.includes('include=raw')");

        tab.find(".grid").sendKeys(Keys.ARROW_DOWN);
        tab.awaitTrue("document.querySelector('.grid-row.selected').id === 'event-6'");
        assertEquals("", tab.text(".event-details"));
        tab.js("letGo()");
        tab.awaitText(".event-details h2", "#6");

        refuse("target.includes('include=raw')");
        tab.find(".grid").sendKeys(Keys.ARROW_DOWN);
        tab.awaitText("rt-events .problem", "503");
        assertEquals("", tab.text(".event-details"));

        answerAgain();
        tab.find(".grid").sendKeys(Keys.ARROW_DOWN);
        tab.awaitText(".event-details h2", "#8");
        assertEquals("", tab.text("rt-events .problem"));
    }

    @Test
    void showsTheRequestAndCopiesIt() {
        tab.open("/console/runs/" + RUNS.bad().id() + "?tab=request");
        tab.awaitText("rt-request rt-code", "\"prompt\": \"Deploy it to staging\"");
        tab.awaitText(".facts", RUNS.bad().id());
        tab.js("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }");

        tab.find(".actions button").click();

        tab.awaitTrue("window.copied");
        String copied = (String) tab.js("return window.copied");
        assertTrue(copied.contains("\"X-API-Key: $RUNTAPE_KEY\"") && copied.contains("Deploy it to staging"), copied);
        assertFalse(copied.contains(KEY));
    }

    /** Downloads come into a list of the page, each as its name and its content. */
    private void keepWhatIsSaved() {
        tab.js("""
                window.saved = [];
                URL.createObjectURL = blob => { blob.text().then(text => saved.push(text)); return "data:,"; };
                HTMLAnchorElement.prototype.click = function () { saved.push(this.download); };
                """);
    }

    @Test
    void savesARunAndLinksToAPlaceInIt() {
        tab.open("/console/runs/" + RUNS.good().id() + "#seq=7");
        tab.awaitText(".cursor .seq", "7 of");
        keepWhatIsSaved();
        tab.js("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }");

        button("Transcript").click();
        tab.awaitTrue("saved.length === 2");
        button("Archive").click();
        tab.awaitTrue("saved.length === 4");
        tab.press("c");
        tab.awaitTrue("window.copied");

        String saved = String.valueOf(tab.js("return saved"));
        assertTrue(saved.contains(RUNS.good().id() + ".md"), saved);
        assertTrue(saved.contains("The test **no longer races**"), saved);
        assertTrue(saved.contains(RUNS.good().id() + ".ndjson"), saved);
        assertTrue(saved.contains("{\"line\":\"archive\""), saved);
        assertTrue(String.valueOf(tab.js("return window.copied"))
                .endsWith("/console/runs/" + RUNS.good().id() + "#seq=7"));
    }

    private static WebElement button(String label) {
        return tab.browser().findElements(By.cssSelector(".actions button")).stream()
                .filter(each -> each.getText().equals(label))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void growsWhileTheRunIsLive() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("Once "));
        try (WireResponse live = call("Tell a story", saying(said))) {
            tab.open("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText("rt-transcript", "Once");
            tab.awaitText(".title-line", "running");
            said.add("upon a time ");
            tab.awaitText("rt-transcript", "Once upon a time");
            tab.awaitText(".cursor .seq", "2 of 2");
            said.add("");
            tab.awaitText(".title-line", "completed");
            tab.awaitText(".cursor .seq", "3 of 3");
        }
    }

    @Test
    void followsALiveRunFromWhereItsTimelineEnds() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("One"));
        openList();
        hold(IS_OF_A_TIMELINE);
        try (WireResponse live = call("Count slowly", saying(said))) {
            go("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText("rt-transcript", "One");

            tab.js("document.dispatchEvent(new Event('visibilitychange'))");
            tab.js("letGo()");

            tab.awaitText(".cursor .seq", "1 of 1");
            said.add(", two");
            tab.awaitText("rt-transcript", "One, two");
            // Once the run has ended the page may ask for one more tail, before it knows.
            assertEquals(
                    List.of(),
                    tab.js(
                            "return asked.filter(each => each.startsWith('text/event-stream') && !each.includes('after=1'))"));
            said.add("");
            tab.awaitText(".title-line", "completed");
            tab.awaitTrue(TRACK + ".length >= 3");
            assertEquals(
                    List.of(1L, 2L, 3L), tab.js("return [..." + TRACK + ".sequence.slice(0, " + TRACK + ".length)]"));
        }
    }

    @Test
    void showsWhatCameBetweenTheTranscriptAndTheTimeline() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("One"));
        openList();
        hold(IS_OF_A_TIMELINE);
        try (WireResponse live = begun(Map.of("prompt", "Say two, then rest"), saying(said))) {
            go("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText("rt-transcript", "One");
            String second = ", two";
            said.add(second);
            live.readUpTo(delta("One").length() + delta(second).length());

            tab.js("letGo()");

            tab.awaitText(".cursor .seq", "2 of 2");
            tab.awaitText("rt-transcript", "One, two");
            said.add("");
            tab.awaitText(".title-line", "completed");
        }
    }

    @Test
    void asksOnceForEventsOfALiveRunThatComeSlowly() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("One"));
        openList();
        String isOfThePages = "target.includes('limit=') && !target.includes('limit=500')";
        hold(isOfThePages);
        try (WireResponse live = begun(Map.of("prompt", "Come in large pages"), saying(said))) {
            go("/console/runs/" + live.header("Runtape-Run-Id") + "?tab=events");
            tab.awaitTrue("asked.some(target => " + isOfThePages + ")");
            said.add(", two");
            tab.awaitText(".cursor .seq", "2 of 2");
            said.add(", three");
            tab.awaitText(".cursor .seq", "3 of 3");

            tab.js("letGo()");

            tab.awaitText("#event-3", ", three");
            said.add("");
            tab.awaitText("#event-4", "run_completed");
            tab.awaitText("#event-1", "One");
            Object pages = tab.js("return asked.filter(target => " + isOfThePages + ")");
            assertEquals(pages, tab.js("return [...new Set(asked.filter(target => " + isOfThePages + "))]"));
        }
    }

    @Test
    void choosesAmongEventsThatCameAtOnce() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        Script script = exchange -> {
            exchange.streamHead();
            String some = delta(said.take());
            exchange.chunk(some.repeat(5).getBytes(UTF_8));
            said.take();
            exchange.end();
        };
        try (WireResponse live = call("Be silent, then say much", script)) {
            tab.open("/console/runs/" + live.header("Runtape-Run-Id") + "?tab=events");
            tab.awaitText("rt-events", "There are no events yet.");
            said.add("Much");
            tab.awaitText("#event-5", "Much");

            tab.find("#event-3").click();

            tab.awaitText(".event-details h2", "#3");
            said.add("");
            live.readAll();
        }
    }

    @Test
    void showsTheEndOfARunThatIsCancelledWhileItIsNotFollowed() throws Exception {
        String first = delta("So far");
        String last = delta(" unseen");
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        Script script = exchange -> {
            exchange.streamHead();
            exchange.chunk(first.getBytes(UTF_8));
            exchange.chunk(said.take().getBytes(UTF_8));
            exchange.awaitPeerGone();
        };
        openList();
        refuse(IS_A_TAIL);
        try (WireResponse live = begun(Map.of("prompt", "Be cancelled unseen"), script)) {
            go("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText(".cursor .seq", "1 of 1");
            tab.awaitTrue("asked.some(each => each.startsWith('text/event-stream'))");
            said.add(last);
            live.readUpTo(first.length() + last.length());

            tab.find(".actions .danger").click();

            tab.awaitText(".title-line", "cancelled");
            tab.awaitText("rt-transcript", "So far unseen");
            tab.awaitText(".cursor .seq", "2 of 2");
            tab.awaitTrue("document.querySelector('.notice') === null");
        }
    }

    @Test
    void followsALiveRunAgainWhoseTailWasRefused() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("Still"));
        openList();
        refuse(IS_A_TAIL, 500);
        try (WireResponse live = begun(Map.of("prompt", "Go on unseen"), saying(said))) {
            go("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText("rt-transcript", "Still");
            tab.awaitText(".notice", "What comes is not shown. The gateway answered 500.");
            said.add(" here");

            answerAgain();
            passTime();

            tab.awaitText("rt-transcript", "Still here");
            tab.awaitTrue("document.querySelector('.notice') === null");
            said.add("");
            tab.awaitText(".title-line", "completed");
        }
    }

    @Test
    void goesOnWithALiveRunThatCannotBeFollowed() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("Behind"));
        openList();
        refuse(IS_A_TAIL);
        try (WireResponse live = begun(Map.of("prompt", "Go on behind a proxy"), saying(said))) {
            go("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText("rt-transcript", "Behind");
            tab.awaitText(".notice", "What comes is not shown. The gateway answered 503.");

            said.add(" a proxy");

            tab.awaitText("rt-transcript", "Behind a proxy");
            tab.awaitText(".cursor .seq", "2 of 2");
            said.add("");
            tab.awaitText(".title-line", "completed");
        }
    }

    @Test
    void followsALiveRunLessAndLessWhoseTailBreaksAtOnce() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("Broken"));
        openList();
        between("""
                if (options.headers.Accept === "text/event-stream") {
                  return new Response(new ReadableStream({ start(frames) { frames.error(new TypeError("broken")); } }));
                }
                """);
        try (WireResponse live = begun(Map.of("prompt", "Break my streams"), saying(said))) {
            go("/console/runs/" + live.header("Runtape-Run-Id"));

            tab.awaitTrue("document.querySelector('rt-run')?.lost?.rest >= 4000");
            tab.awaitText("rt-transcript", "Broken");
            said.add("");
            live.readAll();
        }
    }

    @Test
    void asksAgainForALiveRunOfWhichSomeWasRefused() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("Seen"));
        openList();
        try (WireResponse live = begun(Map.of("prompt", "Be refused once"), saying(said))) {
            go("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText("rt-transcript", "Seen");
            tab.awaitText(".cursor .seq", "1 of 1");
            refuse("target.includes('limit=500') || target.includes('/transcript')", 500);
            said.add(" again");
            tab.awaitText(".notice", "Not all events can be shown. The gateway answered 500.");
            tab.awaitText("#panel .problem", "The transcript cannot be shown as it is now. The gateway answered 500.");

            answerAgain();
            passTime();

            tab.awaitText("rt-transcript", "Seen again");
            tab.awaitText(".cursor .seq", "2 of 2");
            tab.awaitTrue("document.querySelector('.notice, .problem') === null");
            said.add("");
            tab.awaitText(".title-line", "completed");
        }
    }

    @Test
    void showsTheEndOfALiveRunThatWasRefusedAtFirst() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("It begins"));
        openList();
        try (WireResponse live = begun(Map.of("prompt", "Say how it ends"), saying(said))) {
            go("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText("rt-transcript", "It begins");
            tab.awaitText(".cursor .seq", "1 of 1");
            refuse("options.headers.Accept === 'application/json' && /events|transcript/.test(target)");

            said.add("");
            tab.awaitText(".title-line", "completed");
            tab.awaitText(".notice", "Not all events can be shown. The gateway answered 503.");
            tab.awaitText("#panel .problem", "The transcript cannot be shown as it is now. The gateway answered 503.");

            answerAgain();
            tab.awaitText("rt-transcript", "done");
            tab.awaitText(".cursor .seq", "2 of 2");
            tab.awaitTrue("document.querySelector('.notice, .problem') === null");
        }
        awaitQuiet();
    }

    @Test
    void asksNoLongerForALiveRunThatIsDeletedElsewhere() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("Soon gone"));
        openList();
        refuse(IS_A_TAIL);
        try (WireResponse live = begun(Map.of("prompt", "Be deleted elsewhere"), saying(said))) {
            String run = live.header("Runtape-Run-Id");
            go("/console/runs/" + run);
            tab.awaitText("rt-transcript", "Soon gone");
            tab.awaitText(".inspector", "#1 ");
            tab.awaitText(".notice", "What comes is not shown. The gateway answered 503.");
            said.add("");
            live.readAll();
            RunTable.await("the run is deleted", () -> delete(run) == 204 ? true : null);
        }

        answerAgain();

        tab.awaitText(".problem", "run");
        tab.awaitText("main", "All runs");
        assertEquals("", tab.text(".run-head"));
        awaitQuiet();
        assertTrue(refusals("404") > 0);
    }

    private static int delete(String run) throws IOException {
        try (WireResponse response = gateway.client().sendHead("DELETE", "/history/v1/runs/" + run, AS_KEY)) {
            return response.status();
        }
    }

    @Test
    void showsTheTranscriptThatWasAskedForLast() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("At first"));
        openList();
        try (WireResponse live = begun(Map.of("prompt", "Change your mind"), saying(said))) {
            go("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText("rt-transcript", "At first");
            tab.js("window.mayGo = new Promise(resolve => { window.letGo = resolve; })");
            between("""
                    if (target.includes('/transcript') && !window.late) {
                      window.late = "asked for";
                      const text = await (await ask(target, options)).text();
                      window.late = "here";
                      await mayGo;
                      window.late = "shown";
                      return new Response(text);
                    }
                    """);
            said.add(", but");
            tab.awaitTrue("window.late === 'here'");
            said.add("");
            tab.awaitText("rt-transcript", "done");

            tab.js("letGo()");

            tab.awaitTrue("window.late === 'shown'");
            tab.awaitText(".title-line", "completed");
            assertFalse(tab.text("rt-transcript").contains("At first"));
        }
    }

    @Test
    void keepsOpenWhatSomebodyOpensOfALiveRun() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        Script script = exchange -> {
            exchange.streamHead();
            for (int i = 0; i < 130; i++) {
                Map<String, Object> tool = Map.of("toolCallId", "c" + i, "name", "step", "arguments", Map.of());
                exchange.chunk(event("tool_call", tool).getBytes(UTF_8));
            }
            exchange.chunk(delta(said.take()).getBytes(UTF_8));
            said.take();
            exchange.end();
        };
        try (WireResponse live = begun(Map.of("prompt", "Take many steps"), script)) {
            tab.open("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText(".parts > .more", "10 parts that are between");
            tab.find(".parts > .more").click();
            tab.awaitTrue("document.querySelectorAll('details.tool').length === 130");

            said.add("More of it");

            tab.awaitText("rt-transcript", "More of it");
            assertEquals(130L, tab.js("return document.querySelectorAll('details.tool').length"));
            said.add("");
            live.readAll();
        }
    }

    @Test
    void cancelsALiveRun() throws Exception {
        Script script = exchange -> {
            exchange.streamHead();
            exchange.chunk(delta("On and on ").getBytes(UTF_8));
            exchange.awaitPeerGone();
        };
        try (WireResponse live = call("Go on for ever", script)) {
            tab.open("/console/runs/" + live.header("Runtape-Run-Id"));
            tab.awaitText("rt-transcript", "On and on");
            tab.find(".actions .danger").click();
            tab.awaitText(".title-line", "cancelled");
        }
    }

    @Test
    void deletesARunOnlyWhenThatIsConfirmed() throws Exception {
        String run = record("To be deleted", Script.stream(event("run_completed", Map.of("result", "x"))));
        tab.open("/console/runs/" + run);
        tab.awaitText("h1", "To be deleted");
        WebElement delete =
                tab.browser().findElements(By.cssSelector(".actions .danger")).get(0);
        delete.click();
        tab.find("dialog[open] button:not(.danger)").click();
        assertEquals(200, status("/history/v1/runs/" + run));

        delete.click();
        tab.find("dialog[open] .danger").click();

        tab.awaitTrue("location.pathname === '/console'");
        assertEquals(404, status("/history/v1/runs/" + run));
    }

    private static int status(String target) throws IOException {
        try (WireResponse response = gateway.client().get(target, AS_KEY)) {
            return response.status();
        }
    }

    @Test
    void playsAtTheRecordedPace() {
        tab.open("/console/runs/" + RUNS.good().id() + "?speed=2#seq=1");
        tab.awaitText(".cursor .seq", "1 of");
        @SuppressWarnings("unchecked")
        List<Number> moved = (List<Number>) tab.asyncJs("""
                const done = arguments[0], player = document.querySelector("rt-player");
                // A player leaves out the longest pauses of a busy browser.
                let began = null, before, passed = 0;
                const look = now => {
                  began ??= player.time;
                  passed += Math.min(250, now - (before ?? now));
                  before = now;
                  passed < 1500 ? requestAnimationFrame(look) : (player.stop(), done([player.time - began, passed]));
                };
                player.play();
                requestAnimationFrame(look);
                """);
        double pace = moved.get(0).doubleValue() / moved.get(1).doubleValue();
        System.out.printf("console: played at speed 2 with a pace of %.3f%n", pace);
        assertEquals(2, pace, 0.1);
        tab.awaitText(".as-of", "As it was at event");
        tab.awaitTrue("!document.querySelector('rt-transcript').innerText.includes('no longer races')");

        tab.js("document.activeElement.blur()");
        long at = ((Number) tab.js("return document.querySelector('rt-player').index")).longValue();
        tab.press(Keys.ARROW_RIGHT);
        tab.press(Keys.ARROW_RIGHT);
        tab.press(Keys.ARROW_LEFT);
        assertEquals(at + 1, ((Number) tab.js("return document.querySelector('rt-player').index")).longValue());
        tab.press("+");
        tab.awaitTrue("document.querySelector('rt-timeline').to !== null");
        tab.press("0");
        tab.awaitTrue("document.querySelector('rt-timeline').to === null");
        tab.press(Keys.ESCAPE);
        tab.awaitText("rt-transcript", "no longer races");

        int width = tab.find("canvas.timeline").getSize().getWidth();
        new org.openqa.selenium.interactions.Actions(tab.browser())
                .moveToElement(tab.find("canvas.timeline"), (74 + width - 8) / 2 - width / 2, 0)
                .click()
                .perform();
        tab.awaitTrue(
                "Math.abs(document.querySelector('rt-player').time / document.querySelector('rt-player').track.end - 0.5) < 0.03");
    }

    @Test
    void showsAThreadAsOneConversation() {
        tab.open("/console/threads/thr_login");
        tab.awaitText("rt-transcript", "Deploy it to staging");
        tab.awaitText("rt-transcript", "The logout test waits for the address too now.");
        assertEquals(3, tab.browser().findElements(By.cssSelector(".run-mark")).size());
        tab.awaitTrue("document.querySelector('rt-player').track.runs.length === 3");
        tab.awaitTrue("document.querySelector('.inspector pre') !== null");
        Object beside = tab.js(TOP_OF_THE_RUNS);
        Object alone = tab.asyncJs("""
                const done = arguments[0], player = document.querySelector("rt-player");
                player.event = null;
                player.updateComplete.then(() => done(document.querySelector(".inspector") ? "with an event" : top()));
                const top = () => { %s };
                """.formatted(TOP_OF_THE_RUNS));
        assertEquals(beside, alone, "the list of runs moves with what the cursor shows");
        tab.find(".run-list a").click();
        tab.awaitTrue("location.pathname === '/console/runs/" + RUNS.good().id() + "'");
    }

    @Test
    void growsWithItsThread() throws Exception {
        record(
                "thr_grows",
                "The first question",
                Script.stream(event("assistant_message_delta", Map.of("delta", "One."))));
        tab.open("/console/threads/thr_grows");
        tab.awaitText("rt-transcript", "One.");
        tab.awaitTrue("document.querySelector('rt-player').track?.length === 1");

        record(
                "thr_grows",
                "The second question",
                Script.stream(event("assistant_message_delta", Map.of("delta", "Two."))));

        tab.awaitText("rt-transcript", "Two.");
        tab.awaitTrue("document.querySelector('rt-player').track.runs.length === 2");
        tab.awaitTrue("document.querySelector('rt-player').track.length === 2");
        assertEquals(
                2, tab.browser().findElements(By.cssSelector(".run-list li")).size());
    }

    /** Their runs come in several pages. */
    @Test
    void listsAllRunsOfAThreadThatAreLong() throws Exception {
        List<String> runs = new ArrayList<>();
        for (int i = 1; i <= 6; i++) {
            runs.add(record("thr_long_runs", "Question " + i + " " + "x".repeat(900_000), saying("Answer " + i)));
        }
        tab.open("/console/threads/thr_long_runs");

        tab.awaitText(".run-list", "Question 6");
        assertEquals(
                6, tab.browser().findElements(By.cssSelector(".run-list li")).size());
        tab.awaitTrue("document.querySelector('rt-player').track.runs.length === 6");
        openList();
        // They would make the pages of all other lists short.
        for (String run : runs) {
            RunTable.await("the run is deleted", () -> delete(run) == 204 ? true : null);
        }
    }

    /** A search goes through so many runs, and then has an empty page with a way on. */
    @Test
    void goesOnBehindAnEmptyPageOfASearch() {
        openList();
        between(
                "if (target.includes('q=zebra') && !target.includes('cursor=')) { return new Response("
                        + "'{\"data\":[],\"meta\":{\"hasMore\":true,\"nextCursor\":\"c\"}}', { headers: { 'Content-Type': 'application/json' } }); }");
        go("/console?q=zebra");

        tab.awaitText(".empty", "No run matches so far.");
        tab.awaitTrue("asked.filter(each => each.includes('limit=5') && !each.includes('limit=50')).length >= 2");
        assertEquals(
                1L,
                tab.js("return asked.filter(each => each.includes('q=zebra') && each.includes('limit=50')).length"),
                "an empty page is asked for again and again");
        tab.awaitTrue("document.querySelector('.empty a').getAttribute('href').includes('cursor=c')");
    }

    @Test
    void showsARunThatCameWhileItsThreadWasAskedFor() throws Exception {
        record("thr_asked_for", "The first, before", saying("One."));
        openList();
        hold("target.endsWith('/threads/thr_asked_for')");
        go("/console/threads/thr_asked_for");
        tab.awaitTrue("asked.length > 0");
        record("thr_asked_for", "The second, meanwhile", saying("Two."));

        tab.js("letGo()");

        tab.awaitText(".run-list", "The second, meanwhile");
        tab.awaitText("rt-transcript", "Two.");
    }

    @Test
    void showsTheNewestEventOfALiveThread() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>(List.of("One."));
        try (WireResponse live = begun(Map.of("threadId", "thr_live", "prompt", "Count in a thread"), saying(said))) {
            tab.open("/console/threads/thr_live");
            tab.awaitText(".inspector", "#1 ");

            said.add("Two.");

            tab.awaitText(".inspector", "#2 ");
            said.add("");
            live.readAll();
        }
        tab.awaitText(".inspector", "#3 ");
    }

    @Test
    void asksForAThreadLessAndLessWhileItIsRefused() {
        tab.open("/console/threads/thr_login");
        tab.awaitText("rt-transcript", "Deploy it to staging");
        refuse("target.includes('/threads/')");

        tab.awaitText(".notice", "Not all of the thread can be shown. The gateway answered 503.");
        tab.awaitTrue("document.querySelector('rt-thread').lost.rest >= 8000");
        assertEquals(
                List.of(),
                tab.js(
                        "return asked.filter(each => each.includes('/threads/') && !each.endsWith('/threads/thr_login'))"));

        tab.awaitText("rt-transcript", "Deploy it to staging");
        answerAgain();
        passTime();
        tab.awaitTrue("document.querySelector('.notice') === null");
    }

    @Test
    void asksNoMoreOftenForAThreadWhoseRunsAreRefused() throws Exception {
        record("thr_refused", "The first that is shown", saying("One."));
        tab.open("/console/threads/thr_refused");
        tab.awaitText("rt-transcript", "One.");
        String isOfTheThread = "each.endsWith('/threads/thr_refused')";
        refuse("target.includes('/runs?')", 500);
        record("thr_refused", "The second that is refused", saying("Two."));
        tab.awaitText(".notice", "Not all of the thread can be shown. The gateway answered 500.");
        tab.js("window.before = asked.filter(each => " + isOfTheThread + ").length");

        tab.awaitTrue("asked.filter(each => " + isOfTheThread + ").length >= before + 3");
        assertEquals(1L, tab.js("return asked.filter(each => each.includes('/runs?')).length"));

        answerAgain();
        passTime();
        tab.awaitText("rt-transcript", "Two.");
        tab.awaitTrue("document.querySelector('.notice') === null");
    }

    @Test
    void loadsATimelineOnceWhichGrowsMeanwhile() throws Exception {
        record("thr_meanwhile", "The first of two", saying("One."));
        openList();
        hold(IS_OF_A_TIMELINE);
        go("/console/threads/thr_meanwhile");
        tab.awaitText("rt-transcript", "One.");
        record("thr_meanwhile", "The second of two", saying("Two."));
        tab.awaitText(".run-list", "The second of two");

        tab.js("letGo()");

        tab.awaitTrue(TRACK + ".runs.at(-1).title === 'The second of two'");
        tab.awaitTrue(TRACK + ".length > " + TRACK + ".runs.at(-1).from");
        assertEquals(
                List.of("The first of two", "The second of two"),
                tab.js("return " + TRACK + ".runs.map(run => run.title)"));
        assertEquals(2L, tab.js("return " + TRACK + ".length"));
    }

    @Test
    void goesOnWithATimelineWhoseConnectionBroke() {
        openList();
        between("""
                if (%s && !window.broken) {
                  window.broken = true;
                  const text = await (await ask(target, options)).text();
                  let began = false;
                  return new Response(new ReadableStream({
                    pull(some) {
                      if (began) {
                        return new Promise(resolve => setTimeout(() => resolve(some.error(new TypeError("broken"))), 200));
                      }
                      began = true;
                      some.enqueue(new TextEncoder().encode(text.slice(0, text.length / 2)));
                    }
                  }));
                }
                """.formatted(IS_OF_A_TIMELINE));

        go("/console/threads/thr_login");

        tab.awaitText("rt-transcript", "Deploy it to staging");
        tab.awaitText(".notice", "Not all of the thread can be shown");
        tab.awaitTrue("document.querySelector('.notice') === null");
        assertEquals(true, tab.js("""
                        const track = %s;
                        const runs = document.querySelector("rt-thread").runs;
                        return track.length === runs.reduce((sum, run) => sum + run.lastSequence, 0)
                          && track.sequence.slice(0, track.length).every((sequence, i, all) =>
                            i === 0 || sequence === (track.run[i] === track.run[i - 1] ? all[i - 1] + 1 : 1));
                        """.formatted(TRACK)));
    }

    @Test
    void showsWhatIsLeftOfADamagedRun() throws Exception {
        record("thr_damaged", "This one stays sound", saying("Sound."));
        String run = record("thr_damaged", "This one is damaged", saying("Damaged."));
        damage(run);

        tab.open("/console/threads/thr_damaged");
        tab.awaitText(".notice", "Not all of the thread can be shown");
        tab.awaitTrue(TRACK + ".length === 1");
        tab.awaitText(".run-list li:last-child", "This one is damaged");
        tab.find(".run-list li:last-child a").click();
        tab.awaitText(".notice", "Not all events can be shown");
        tab.awaitText("#panel .problem", "The transcript cannot be shown");
        tab.press("r");
        tab.awaitText("rt-request rt-code", "This one is damaged");
        tab.awaitText(".facts", run);
        tab.find(".actions .danger").click();
        tab.find("dialog[open] .danger").click();

        tab.awaitTrue("location.pathname === '/console'");
        assertEquals(404, status("/history/v1/runs/" + run));
        assertTrue(refusals("50[03]") > 0);
    }

    private static void damage(String run) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                PreparedStatement damage = connection.prepareStatement(
                        "update block set content = '?' where run_pk = (select run_pk from run where id = ?)")) {
            damage.setString(1, run);
            assertEquals(1, damage.executeUpdate());
        }
    }

    @Test
    void comparesLongTextsInPieces() throws Exception {
        String one = record("Say it long", saying("x".repeat(30_000)));
        String other = record("Say it longer", saying("y".repeat(40_000)));
        tab.open("/console/compare?a=" + one + "&b=" + other);
        tab.awaitText(".diff-rows .come .more", "Show 28,000 more of 40,000 characters");

        tab.find(".come .more").click();

        tab.awaitTrue(
                "[...document.querySelectorAll('.diff-rows ins')].some(each => each.textContent.length === 40000)");
        assertEquals(
                12_000L,
                tab.js(
                        "return Math.max(...[...document.querySelectorAll('.diff-rows del')].map(each => each.textContent.length))"));
    }

    @Test
    void comparesTwoRuns() {
        tab.open("/console/compare?a=" + RUNS.good().id());
        tab.find(".side-head select").sendKeys(Keys.ARROW_DOWN);
        tab.open("/console/compare?a=" + RUNS.good().id() + "&b=" + RUNS.again().id());
        tab.awaitText(".figures-table", "+26 %");
        tab.awaitText(".diff-rows .come", "and the logout test");
        tab.awaitText(".pair.tools .come", "test/logout.test.js");
        tab.awaitText(".pair.tools .differs-in", "other output");
        keepWhatIsSaved();
        refuse("options.headers.Accept === 'text/html'");
        button("Download as a page").click();
        tab.awaitText(".notice", "503");
        answerAgain();
        button("Download as a page").click();
        tab.awaitTrue("saved.length === 2");
        assertEquals("", tab.text(".notice"));
        tab.awaitText(".figures-table", "+26 %");
        String saved = String.valueOf(tab.js("return saved"));
        assertTrue(saved.contains(RUNS.good().id() + "." + RUNS.again().id() + ".html"), saved);
        assertTrue(saved.contains("<h1>Comparison of two runs"), saved);
    }

    @Test
    void sumsUpTheHours() {
        tab.open("/console/overview?hours=72");
        tab.find("rt-chart canvas");
        tab.awaitTrue("document.querySelectorAll('rt-chart canvas').length === 4");
        tab.find(".table-details summary").click();
        assertTrue(tab.browser()
                        .findElements(By.cssSelector(".table-details tbody tr"))
                        .size()
                > 10);
        tab.awaitText(".figures.big", "Failed");
    }

    @Test
    void showsTheHoursThatWereAskedForLast() {
        tab.open("/console/overview?hours=168");
        tab.find("rt-chart canvas");
        tab.js("window.answered = 0; window.mayGo = new Promise(resolve => { window.letGo = resolve; })");
        between("""
                if (asked.length === 1) { await mayGo; }
                const answer = await ask(target, options);
                const text = await answer.text();
                answered++;
                return new Response(text, answer);
                """);

        go("/console/overview?hours=72");
        tab.awaitTrue("asked.length === 1");
        go("/console/overview");
        tab.awaitTrue("document.querySelector('rt-overview').hours?.length === 24");
        tab.js("letGo()");

        tab.awaitTrue("answered >= 6");
        assertEquals(24L, tab.js("return document.querySelector('rt-overview').hours.length"));
    }

    @Test
    void showsNoHoursThatWereNotAskedFor() {
        tab.open("/console/overview");
        tab.find("rt-chart canvas");
        refuse("target.includes('/stats')");

        go("/console/overview?hours=72");

        tab.awaitText(".problem", "503");
        assertEquals(
                0,
                tab.browser().findElements(By.cssSelector("rt-chart, .figures")).size());

        answerAgain();
        hold("target.includes('/stats')");
        go("/console/overview?hours=168");
        tab.awaitText("rt-overview", "Counting");
        assertEquals("", tab.text(".problem"), "of other hours");
        tab.js("letGo()");
        tab.find("rt-chart canvas");
    }

    @Test
    void opensALongRunAndScrubsThroughIt() throws Exception {
        String run = record("thr_book", "Write a book", exchange -> {
            exchange.streamHead();
            StringBuilder some = new StringBuilder();
            for (int i = 1; i < LONG; i++) {
                some.append("event: assistant_message_delta\ndata: {\"delta\":\"word ")
                        .append(i)
                        .append(" \"}\n\n");
                if (some.length() > 60_000) {
                    exchange.chunk(some.toString().getBytes(UTF_8));
                    some.setLength(0);
                }
            }
            exchange.chunk((some + event("run_completed", Map.of("result", "x"))).getBytes(UTF_8));
            exchange.end();
        });
        openList();
        tab.open("/console/runs/" + run);
        tab.awaitTrue(
                "document.querySelector('rt-markdown') && document.querySelector('rt-player')?.track?.length > 50");
        assertTrue(
                ((Number)
                                        tab.js(
                                                "return performance.getEntriesByType('resource').filter(each => each.name.includes('/history/')).length"))
                                .intValue()
                        < 120,
                "asks for much more than it shows");
        Object times = tab.js("""
                const entries = performance.getEntriesByType("resource").filter(each => each.name.includes("/history/"));
                return "first paint " + Math.round(performance.getEntriesByName("first-contentful-paint")[0].startTime)
                  + " ms, all asked for by " + Math.round(Math.max(...entries.map(each => each.responseEnd))) + " ms";
                """);
        System.out.println("console: a run of " + LONG + " frames: " + times);
        Object scrubbed = tab.asyncJs("""
                const done = arguments[0], player = document.querySelector("rt-player"), times = [];
                let n = 0, before = performance.now();
                const turn = now => {
                  times.push(now - before);
                  before = now;
                  player.move(player.track.end * n / 90);
                  if (n++ < 90) { requestAnimationFrame(turn); return; }
                  times.sort((a, b) => a - b);
                  done("frames while scrubbing: median " + times[45].toFixed(1) + " ms, p95 " + times[86].toFixed(1) + " ms");
                };
                requestAnimationFrame(turn);
                """);
        System.out.println("console: " + scrubbed);

        tab.open("/console/runs/" + run + "?tab=events#seq=150000");
        tab.awaitText(".grid-row.selected", "word 150000");
        assertTrue(tab.browser().findElements(By.cssSelector(".grid-row")).size() < 100);
        tab.pressUntil(".grid", Keys.END, ".grid-row.selected", "run_completed");
        tab.awaitTrue("location.hash === ''");

        openList();
        refuse("target.includes('limit=6') && asked.length > 50");
        go("/console/threads/thr_book");
        tab.awaitText(".notice", "503");
        answerAgain();
        tab.awaitTrue("document.querySelector('.notice') === null");
        tab.js("asked.length = 0");

        record("thr_book", "Write the sequel", saying("Soon."));

        tab.awaitTrue(TRACK + ".runs[1]?.last === 1");
        assertEquals(List.of(), tab.js("return asked.filter(each => each.includes('limit=6'))"), "samples again");
        assertEquals(true, tab.js("""
                        const track = %s;
                        return track.length > 500 && track.sequence.slice(0, track.length - 1).every((sequence, i, all) =>
                          i === 0 || sequence > all[i - 1]);
                        """.formatted(TRACK)));
    }

    @Test
    void nothingOfARecordingRunsOrLoads() throws Exception {
        LOADED.clear();
        String here = "http://127.0.0.1:" + elsewhere.getAddress().getPort() + "/";
        List<String> chunks = new ArrayList<>();
        for (String hostile : HostileTexts.ALL) {
            String text = hostile.replace("http://127.0.0.1:9/", here).replaceAll("[\ud800-\udfff]", "");
            chunks.add(delta(text + "\n\n"));
            chunks.add(event("assistant_thinking_delta", Map.of("delta", text)));
            chunks.add(event("tool_call", Map.of("toolCallId", "c", "name", text, "arguments", Map.of(text, text))));
            chunks.add(event("tool_result", Map.of("toolCallId", "c", "name", text, "output", text, "exitCode", 1)));
            chunks.add(event("file_changed", Map.of("path", text, "action", text, "diff", text)));
        }
        String huge = "<b>" + "x".repeat(HUGE_CHARS);
        chunks.add(event("tool_call", Map.of("toolCallId", "d", "name", "huge", "arguments", Map.of())));
        chunks.add(event("tool_result", Map.of("toolCallId", "d", "name", "huge", "output", huge, "exitCode", 0)));
        String name = HostileTexts.ALL.get(0);
        chunks.add(event("run_failed", Map.of("error", Map.of("code", name, "message", HostileTexts.ALL.get(3)))));
        String run = record(name, Script.stream(chunks.toArray(String[]::new)));

        tab.open("/console/runs/" + run);
        tab.awaitText(".parts .error", "onerror=");
        tab.js("document.querySelectorAll('details').forEach(each => each.open = true)");
        for (String view : new String[] {"?tab=events#seq=3", "?tab=request"}) {
            assertEquals(
                    0L,
                    tab.js(
                            "return document.querySelectorAll('main :is(script,img,iframe,object,embed,base,link,style,meta,form)').length"));
            tab.open("/console/runs/" + run + view);
            tab.awaitText("h1", "<script>");
        }
        tab.open("/console");
        tab.awaitText("table.runs", "<script>");
        tab.open("/console/compare?a=" + run + "&b=" + RUNS.good().id());
        tab.find(".figures-table");

        assertFalse(tab.title().contains(HostileTexts.MARK));
        assertEquals(List.of(), LOADED);
        // That the browser would have told: no string becomes HTML here.
        assertThrows(JavascriptException.class, () -> tab.js("document.body.innerHTML = '<b>x</b>'"));
        tab.open("/console");
        tab.complaints();
    }

    @Test
    void asksNothingWhileNobodyLooks() {
        openList();
        // A browser without a window does not tell its tabs in the background that they are.
        tab.js("""
                Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
                document.dispatchEvent(new Event("visibilitychange"));
                performance.clearResourceTimings();
                """);

        Awaitility.await()
                .during(5, TimeUnit.SECONDS)
                .atMost(10, TimeUnit.SECONDS)
                .until(() ->
                        ((Number) tab.js("return performance.getEntriesByType('resource').length")).intValue() <= 1);

        tab.js("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
        tab.awaitTrue("performance.getEntriesByType('resource').length > 2");
    }

    /** Each view in both colours, for everybody to see, and without barriers. */
    @Test
    void isForEverybody() throws Exception {
        Map<String, String> views = Map.of(
                "runs", "/console?until=" + Instant.now().minusSeconds(50),
                "run", "/console/runs/" + RUNS.good().id() + "#seq=52",
                "failed", "/console/runs/" + RUNS.bad().id(),
                "events", "/console/runs/" + RUNS.good().id() + "?tab=events#seq=24",
                "request", "/console/runs/" + RUNS.good().id() + "?tab=request",
                "thread", "/console/threads/thr_login",
                "compare",
                        "/console/compare?a=" + RUNS.good().id() + "&b="
                                + RUNS.again().id(),
                "overview", "/console/overview");
        Map<String, String> ready = Map.of(
                "runs",
                ".run-link",
                "run",
                ".as-of",
                "failed",
                ".inspector",
                "events",
                ".hex",
                "request",
                "rt-code",
                "thread",
                ".inspector",
                "compare",
                ".pair.tools",
                "overview",
                "rt-chart canvas");
        List<String> barriers = new ArrayList<>();
        for (boolean dark : new boolean[] {false, true}) {
            if (dark) {
                tab.dark();
            }
            for (Map.Entry<String, String> view : views.entrySet()) {
                String name = view.getKey() + (dark ? "-dark" : "");
                tab.open(view.getValue());
                tab.find(ready.get(view.getKey()));
                tab.js("document.querySelectorAll('.more-filters').forEach(each => each.open = false)");
                tab.picture(name);
                tab.barriers().forEach(barrier -> barriers.add(name + " " + barrier));
            }
        }
        tab.size(420, 860);
        for (String view : List.of("runs", "run")) {
            tab.open(views.get(view));
            tab.find(ready.get(view));
            tab.picture(view + "-narrow");
            assertEquals(true, tab.js("return document.documentElement.scrollWidth <= innerWidth"));
        }
        tab.size(1440, 900);
        tab.light();
        assertEquals(List.of(), barriers);
    }
}
