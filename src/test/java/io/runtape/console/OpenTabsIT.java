package io.runtape.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/**
 * What open tabs of the console cost the gateway: those in the background ask nothing. Prints the processor time that it took with
 * so many tabs, {@code -Dconsole.tabs=100}.
 */
class OpenTabsIT {

    private static final int TABS = Integer.getInteger("console.tabs", 8);
    private static final Duration WATCHED = Duration.ofSeconds(5);
    private static final String KEY = "rt_test_console";

    @Test
    void cost(@TempDir Path data) throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream();
                GatewayProcess gateway = GatewayProcess.start(GatewayProcess.onH2(data, upstream))
                        .ready()) {
            record(gateway);
            try (ConsoleTab tab = new ConsoleTab("http://127.0.0.1:" + gateway.port())) {
                open(tab);
                System.out.println("console: processor time of the gateway with " + TABS + " tabs to be seen: "
                        + watched(gateway));
                // A busy machine has them ask less often.
                AtomicLong follows = new AtomicLong();
                Awaitility.await("the tabs follow what is new")
                        .atMost(2, TimeUnit.MINUTES)
                        .until(() -> follows.addAndGet(asked(tab)) > TABS);

                // A browser without a window does not tell its tabs in the background that they are.
                each(tab, """
                        Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
                        document.dispatchEvent(new Event("visibilitychange"));
                        return 0;
                        """);
                asked(tab);
                System.out.println("console: with as many in the background: " + watched(gateway));
                long asked = asked(tab);
                assertTrue(
                        asked <= TABS,
                        "tabs in the background ask: " + asked + " calls, and not only what was under way");
            }
            if (System.getProperty("console.tabs") != null) {
                System.out.println("console: with none: " + watched(gateway));
            }
        }
    }

    private static void record(GatewayProcess gateway) throws Exception {
        byte[] archive =
                ArchivedRun.archive(ConsoleRuns.before(Instant.now()).all()).getBytes(UTF_8);
        try (WireResponse response = gateway.client()
                .send(
                        "POST",
                        "/history/v1/import",
                        archive,
                        "X-API-Key: " + KEY,
                        "Content-Type: application/x-ndjson")) {
            assertEquals(200, response.status(), new String(response.whole(), UTF_8));
        }
    }

    private static void open(ConsoleTab tab) {
        tab.open("/console");
        tab.find("#key").sendKeys(KEY + Keys.ENTER);
        tab.find(".run-link");
        // A tab that another one opens has its key.
        for (int i = 1; i < TABS; i++) {
            tab.js("window.open('/console')");
        }
        Awaitility.await()
                .atMost(2, TimeUnit.MINUTES)
                .until(() -> each(tab, "return document.querySelector('.run-link') ? 1 : 0") == TABS);
        asked(tab);
    }

    /** The sum of what a script returns in each tab. */
    private static long each(ConsoleTab tab, String script) {
        long sum = 0;
        for (String handle : List.copyOf(tab.browser().getWindowHandles())) {
            tab.browser().switchTo().window(handle);
            sum += ((Number) tab.js(script)).longValue();
        }
        return sum;
    }

    /** How many calls all tabs made since the last time. */
    private static long asked(ConsoleTab tab) {
        return each(tab, """
                const made = performance.getEntriesByType("resource").length;
                performance.clearResourceTimings();
                return made;
                """);
    }

    private static String watched(GatewayProcess gateway) {
        Duration before = gateway.processorTime();
        Awaitility.await().pollDelay(WATCHED).atMost(WATCHED.multipliedBy(3)).until(() -> true);
        return gateway.processorTime().minus(before).toMillis() / WATCHED.toSeconds() + " ms a second";
    }
}
