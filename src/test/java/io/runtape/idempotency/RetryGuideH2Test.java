package io.runtape.idempotency;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.BrittleLink;
import io.runtape.testsupport.H2Resource;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The client in {@code docs/guides/retry.md} does what the page says, in Node.js, over a connection that breaks. */
@QuarkusTest
@WithTestResource(H2Resource.class)
class RetryGuideH2Test extends RunningGateway {

    private static final Path GUIDE = Path.of("docs/guides/retry.md");

    private static final int EVENTS = 9;

    @Test
    void getsEachEventOnceOverAConnectionThatBreaks() throws Exception {
        assumeTrue(hasNode() || System.getenv("CI") != null, "Node.js is not installed");
        Semaphore toSay = new Semaphore(0);
        Scripted script = upstream.next(exchange -> {
            exchange.streamHead();
            for (int i = 1; i <= EVENTS; i++) {
                toSay.acquire();
                exchange.chunk("data: " + i + "\n\n");
            }
            exchange.end();
        });
        List<String> printed = new ArrayList<>();
        try (BrittleLink link = new BrittleLink(URI.create(url()).getPort())) {
            Process client = node("http://127.0.0.1:" + link.port() + "/v1/run");
            try (BufferedReader lines = client.inputReader(UTF_8)) {
                for (int i = 1; i <= EVENTS; i++) {
                    toSay.release();
                    printed.add(lines.readLine());
                    if (i % 3 == 0) {
                        link.cut();
                    }
                }
                assertEquals("done", lines.readLine());
            }
            assertTrue(client.waitFor(30, TimeUnit.SECONDS));
        }

        assertEquals(
                IntStream.rangeClosed(1, EVENTS)
                        .mapToObj(i -> "[\"data: " + i + "\",\"id: " + i + "\"]")
                        .toList(),
                printed);
        script.call();
        assertTrue(script.isUncalled());
    }

    private static boolean hasNode() {
        try {
            return new ProcessBuilder("node", "--version").start().waitFor() == 0;
        } catch (IOException absent) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Process node(String url) throws IOException {
        String page = Files.readString(GUIDE);
        int from = page.indexOf("```js\n") + 6;
        String program = page.substring(from, page.indexOf("```", from)) + "\nrun('" + url
                + "', { 'X-API-Key': 'retries' }, '{\"prompt\":\"retry\"}',"
                + " event => console.log(JSON.stringify(event.split('\\n')))).then(() => console.log('done'));\n";
        Path file = Files.createTempFile("retry-", ".mjs");
        Files.writeString(file, program);
        return new ProcessBuilder("node", file.toString())
                .redirectErrorStream(true)
                .start();
    }
}
