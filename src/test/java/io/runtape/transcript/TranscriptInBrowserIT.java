package io.runtape.transcript;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.runtape.testsupport.Browser;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Point;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;

/** Hostile recordings, opened as a page in a browser: nothing runs, nothing is loaded, and all text can be read. */
class TranscriptInBrowserIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path dataDir;

    private static ChromeDriver browser;
    private static ScriptedUpstream upstream;
    private static GatewayProcess gateway;
    private static HttpServer elsewhere;
    private static final List<String> LOADED = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        browser = Browser.start();
        upstream = new ScriptedUpstream();
        Map<String, String> settings = GatewayProcess.onH2(dataDir, upstream);
        settings.put("RUNTAPE_ANONYMOUS", "true");
        gateway = GatewayProcess.start(settings).ready();
        elsewhere = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        elsewhere.createContext("/", exchange -> {
            LOADED.add(exchange.getRequestURI().toString());
            exchange.getResponseHeaders().set("Content-Type", "text/html");
            exchange.getResponseHeaders().set("Content-Security-Policy", HtmlStyle.TRANSCRIPT.policy());
            byte[] page = "<script>document.title='x'</script><img src=/image>".getBytes(UTF_8);
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        elsewhere.start();
    }

    @AfterAll
    static void stop() {
        if (browser == null) {
            return;
        }
        browser.quit();
        if (gateway != null) {
            gateway.close();
        }
        if (elsewhere != null) {
            elsewhere.stop(0);
        }
        upstream.close();
    }

    private static String here() {
        return "http://127.0.0.1:" + elsewhere.getAddress().getPort() + "/";
    }

    private static List<String> complaints() {
        return browser.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(LogEntry::getMessage)
                // The browser asks every site for it.
                .filter(message -> !message.contains("favicon.ico"))
                .toList();
    }

    private static String event(String type, Map<String, Object> data) throws IOException {
        return "event: " + type + "\ndata: " + JSON.writeValueAsString(data) + "\n\n";
    }

    private static String record(String thread, String text) throws IOException {
        Map<String, Object> call =
                new TreeMap<>(Map.of("toolCallId", "c", "name", text, "arguments", Map.of(text, text)));
        Script script = Script.stream(
                event("assistant_message_delta", Map.of("delta", text)),
                event("tool_call", call),
                event("tool_result", Map.of("toolCallId", "c", "name", text, "output", text, "exitCode", 1)),
                event("file_changed", Map.of("path", text, "action", text, "diff", text)),
                event("run_failed", Map.of("error", Map.of("code", text, "message", text))));
        String body = JSON.writeValueAsString(Map.of("threadId", thread, "agent", text, "prompt", text));
        try (WireResponse response =
                gateway.client().post("/v1/run", body, upstream.on(script).header())) {
            response.whole();
            return response.header("Runtape-Run-Id");
        }
    }

    private static void open(String target) {
        browser.get("http://127.0.0.1:" + gateway.port() + "/history/v1" + target + "/transcript");
    }

    /** That the browser tells of what it refuses; without this the other test would prove nothing. */
    @Test
    void thePolicyIsOneThatTheBrowserKeeps() {
        LOADED.clear();
        browser.get(here());

        assertFalse(complaints().isEmpty());
        assertEquals("", browser.getTitle());
        assertFalse(LOADED.contains("/image"), LOADED::toString);
    }

    @Test
    void nothingOfARecordingRunsOrLoads() throws Exception {
        complaints();
        LOADED.clear();
        for (String hostile : HostileTexts.ALL) {
            if (ShownText.of(hostile).indexOf('\ufffd') >= 0) {
                // Has no form on the wire.
                continue;
            }
            String text = hostile.replace("http://127.0.0.1:9/", here());
            String run = record("thr_hostile", text);

            open("/runs/" + run);

            assertEquals(List.of(), complaints(), text);
            assertEquals(run, browser.getTitle());
            assertEquals(
                    List.of(), browser.findElements(By.cssSelector("script,img,svg,iframe,a,form,input,base,link")));
            List<WebElement> told = browser.findElements(By.cssSelector(".assistant > pre"));
            assertEquals(ShownText.of(text), told.get(0).getDomProperty("textContent"));
        }
        open("/threads/thr_hostile");

        assertEquals(List.of(), complaints());
        assertTrue(browser.findElements(By.tagName("section")).size() > 20);
        assertEquals(List.of(), LOADED);
    }

    @Test
    void nothingOfAComparisonRunsOrLoads() throws Exception {
        complaints();
        LOADED.clear();
        String plain = record("thr_plain", "plain");
        for (String hostile : HostileTexts.ALL) {
            if (ShownText.of(hostile).indexOf('\ufffd') >= 0) {
                // Has no form on the wire.
                continue;
            }
            String text = hostile.replace("http://127.0.0.1:9/", here());
            openComparison(plain, record("thr_hostile", text));

            assertEquals(List.of(), complaints(), text);
            assertEquals("Comparison of two runs", browser.getTitle());
            assertEquals(
                    List.of(), browser.findElements(By.cssSelector("script,img,svg,iframe,a,form,input,base,link")));
        }
        assertEquals(List.of(), LOADED);
    }

    private static void openComparison(String first, String second) {
        browser.get("http://127.0.0.1:" + gateway.port() + "/history/v1/runs/" + first + "/diff?with=" + second);
    }

    @Test
    void aComparisonHasTwoColumnsWhereThereIsRoom() throws Exception {
        openComparison(record("thr_plain", "one word"), record("thr_plain", "one name"));
        Dimension before = browser.manage().window().getSize();
        try {
            browser.manage().window().setSize(new Dimension(1200, 900));
            awaitParts("two columns", (first, second) -> first.y == second.y && first.x < second.x);

            browser.manage().window().setSize(new Dimension(500, 900));
            awaitParts("one column", (first, second) -> first.x == second.x && first.y < second.y);
        } finally {
            browser.manage().window().setSize(before);
        }
    }

    /** Waits until the two parts of a comparison stand so: a window takes its size a moment after it was told. */
    private static void awaitParts(String how, BiPredicate<Point, Point> standSo) {
        RunTable.await(how, () -> {
            List<WebElement> parts = browser.findElements(By.cssSelector(".differs > div"));
            return standSo.test(parts.get(0).getLocation(), parts.get(1).getLocation()) ? true : null;
        });
    }

    @Test
    void aComparisonCanBeReadInBothSchemes() throws Exception {
        openComparison(record("thr_plain", "one word"), record("thr_plain", "one name"));
        for (String scheme : List.of("light", "dark")) {
            browser.executeCdpCommand(
                    "Emulation.setEmulatedMedia",
                    Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
            for (String of : List.of("del", "ins", ".bad", ".note", "h1 .change", "summary .change", "tbody th")) {
                WebElement shown = browser.findElement(By.cssSelector(of));
                double contrast = contrast(shown.getCssValue("color"), background(shown));
                assertTrue(contrast >= 4.5, scheme + " " + of + " " + contrast);
            }
        }
        browser.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of()));
    }

    /** The nearest background that is not transparent. */
    private static String background(WebElement shown) {
        WebElement at = shown;
        String colour = at.getCssValue("background-color");
        while (colour.matches("rgba\\(.*, 0\\)")) {
            at = at.findElement(By.xpath(".."));
            colour = at.getCssValue("background-color");
        }
        return colour;
    }

    /** The contrast of two colours (WCAG 2.2, "contrast ratio"). */
    private static double contrast(String one, String other) {
        double first = luminance(one) + 0.05;
        double second = luminance(other) + 0.05;
        return Math.max(first, second) / Math.min(first, second);
    }

    private static double luminance(String colour) {
        String[] parts = colour.replaceAll("[^0-9,.]", "").split(",");
        double[] weights = {0.2126, 0.7152, 0.0722};
        double luminance = 0;
        for (int i = 0; i < weights.length; i++) {
            double part = Double.parseDouble(parts[i]) / 255;
            luminance += weights[i] * (part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4));
        }
        return luminance;
    }

    @Test
    void isStyledAndFolded() throws Exception {
        open("/runs/" + record("thr_plain", "plain"));

        assertEquals("pre-wrap", browser.findElement(By.tagName("pre")).getCssValue("white-space"));
        WebElement call = browser.findElement(By.cssSelector("details"));
        assertFalse(call.findElement(By.tagName("pre")).isDisplayed());
        call.findElement(By.tagName("summary")).click();
        assertTrue(call.findElement(By.tagName("pre")).isDisplayed());
        assertEquals(List.of(), complaints());
    }
}
