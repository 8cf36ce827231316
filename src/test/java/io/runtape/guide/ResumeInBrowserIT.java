package io.runtape.guide;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.runtape.testsupport.Browser;
import io.runtape.testsupport.DroppingLink;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;

/** The page of docs/guides/resume.md in a browser, served from another origin than the gateway's. */
@Isolated("a browser must come back within its patience")
class ResumeInBrowserIT {

    private static final String KEY = "X-API-Key: browser";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern TICKET = Pattern.compile("\"ticket\":\"([^\"]+)\"");

    /** What an EventSource says that will not come back. */
    private static final long CLOSED = 2;

    @TempDir
    static Path dataDir;

    private static ChromeDriver browser;
    private static ScriptedUpstream upstream;
    private static HttpServer pages;
    private static GatewayProcess gateway;

    @BeforeAll
    static void start() throws IOException {
        browser = Browser.start();
        upstream = new ScriptedUpstream();
        pages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        pages.start();
        Map<String, String> settings = GatewayProcess.onH2(dataDir, upstream);
        settings.put("RUNTAPE_CORS_ORIGINS", origin());
        gateway = GatewayProcess.start(settings).ready();
    }

    @AfterAll
    static void stop() {
        if (browser == null) {
            return;
        }
        browser.quit();
        pages.stop(0);
        gateway.close();
        upstream.close();
    }

    private static String origin() {
        return "http://127.0.0.1:" + pages.getAddress().getPort();
    }

    private static void open(String path, String html, String query) {
        pages.createContext(path, exchange -> {
            byte[] bytes = ("<!doctype html><meta charset=utf-8><title>Resume</title>" + html).getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/html");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        browser.get(origin() + path + query);
    }

    private static String text(String id) {
        return browser.findElement(By.id(id)).getText();
    }

    /**
     * A way to the gateway that lets the two answers pass with which the page gets its ticket, which have 3 kB together, and the head of
     * the stream, which may follow on the same connection: Chromium takes a head that is cut off for a whole one, and one without the
     * header of CORS ends an EventSource.
     */
    private static DroppingLink link() throws IOException {
        return DroppingLink.atRandom(gateway.port(), 6000, 9000);
    }

    private static WireResponse begin(LongRun run) throws IOException {
        return gateway.client().post("/v1/run", "{}", upstream.on(run).header(), KEY);
    }

    private static String ended() throws IOException {
        try (WireResponse begun = begin(new LongRun())) {
            begun.whole();
            return begun.header("Runtape-Run-Id");
        }
    }

    private static void assertReadsEveryEventOnce(String path, DroppingLink link, String run) {
        open(path, Snippet.named("resume.html").with(link.url(), "browser"), "?run=" + run);

        String last = LongRun.EVENTS.get(LongRun.EVENTS.size() - 1);
        String out = RunTable.await("the browser has the last event", PATIENCE, () -> {
            String so = text("out");
            return so.endsWith(last) ? so : null;
        });
        assertEquals(LongRun.EVENTS, Told.inLines(out).events());
    }

    @Test
    void anEventSourceReadsALiveRunOnce() throws Exception {
        try (DroppingLink link = link();
                WireResponse live = begin(new LongRun(link))) {
            assertReadsEveryEventOnce("/live", link, live.header("Runtape-Run-Id"));
            assertTrue(link.cuts() > 1, "cut " + link.cuts() + " times");
        }
    }

    @Test
    void anEventSourceReadsAnEndedRunOnce() throws Exception {
        try (DroppingLink link = link()) {
            assertReadsEveryEventOnce("/ended", link, ended());
            assertTrue(link.cuts() > 1, "cut " + link.cuts() + " times");
        }
    }

    /** WHATWG, 9.2.3: a response of 204 tells it to stop, and any other that is not 200 too. */
    @Test
    void anEventSourceThatClosesNothingStopsByItself() throws Exception {
        String run = ended();
        String ticket;
        try (WireResponse made = gateway.client().post("/history/v1/tickets", "{\"runId\":\"" + run + "\"}", KEY)) {
            Matcher found = TICKET.matcher(new String(made.whole(), UTF_8));
            assertTrue(found.find());
            ticket = found.group(1);
        }
        String events = "http://127.0.0.1:" + gateway.port() + "/history/v1/runs/" + run + "/events?ticket=";

        for (String source : new String[] {events + ticket, events + "none", events + ticket + "&after=9999"}) {
            open("/stops" + source.hashCode(), """
                    <p id=out></p>
                    <script>
                      let ends = 0;
                      const source = new EventSource("%s");
                      source.addEventListener("runtape.end", () => ends++);
                      source.onerror = () => document.getElementById("out").textContent = source.readyState + " " + ends;
                    </script>
                    """.formatted(source), "");
            long ends = source.endsWith(ticket) ? 1 : 0;
            RunTable.await("it stops", PATIENCE, () -> text("out").equals(CLOSED + " " + ends) ? true : null);
        }
    }
}
