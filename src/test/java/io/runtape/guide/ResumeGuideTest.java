package io.runtape.guide;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.runtape.testsupport.DroppingLink;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Tool;
import io.runtape.testsupport.WireAnswer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The clients of docs/guides/resume.md, run out of the page: each reads a run over connections that are cut at random, while
 * the run goes on and after its end, and has every event once and in order when it stops by itself.
 */
abstract class ResumeGuideTest extends RunningGateway {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String key = "guide-" + UUID.randomUUID();

    @TempDir
    Path directory;

    /** Reads a run over a link, as a client of the page does. */
    private interface Client {
        Told read(DroppingLink link, String run) throws Exception;
    }

    private void assertReadsEveryEventOnce(Client client) throws Exception {
        try (DroppingLink link = linkToGateway()) {
            LongRun live = new LongRun(link);
            try (WireAnswer begun = begin(live)) {
                assertEquals(
                        LongRun.EVENTS,
                        client.read(link, begun.header("Runtape-Run-Id")).events());
            }
            assertTrue(link.cuts() > 1, "cut " + link.cuts() + " times");
        }
        try (DroppingLink link = linkToGateway()) {
            String run;
            try (WireAnswer begun = begin(new LongRun())) {
                begun.whole();
                run = begun.header("Runtape-Run-Id");
                table().ended(run);
            }
            assertEquals(LongRun.EVENTS, client.read(link, run).events());
            assertTrue(link.cuts() > 1, "cut " + link.cuts() + " times");
        }
    }

    private DroppingLink linkToGateway() throws Exception {
        return new DroppingLink(URI.create(url()).getPort(), 200, 9000);
    }

    private WireAnswer begin(LongRun run) throws Exception {
        return client().post("/v1/run", "{}", upstream.on(run).header(), "X-API-Key: " + key);
    }

    @Test
    void curlReadsEveryEventOnce() throws Exception {
        Tool bash = Tool.named("bash");
        Tool.named("curl");
        assertReadsEveryEventOnce((link, run) ->
                Told.inFrames(bash.run(directory, List.of(written("resume.sh", link, directory), run))));
    }

    @Test
    void fetchReadsEveryEventOfItsOwnCallOnce() throws Exception {
        Tool node = Tool.named("node");
        try (DroppingLink link = new DroppingLink(URI.create(url()).getPort(), 1000, 9000)) {
            upstream.next(new LongRun(link));

            Told told = Told.inFrames(node.run(directory, List.of(written("resume.mjs", link, directory))));

            assertEquals(LongRun.EVENTS, told.events());
            assertTrue(link.cuts() > 1, "cut " + link.cuts() + " times");
        }
    }

    @Test
    void eventsourceReadsEveryEventOnce() throws Exception {
        assertNodeReadsEveryEventOnce("eventsource.mjs");
    }

    @Test
    void eventsourceParserReadsEveryEventOnce() throws Exception {
        assertNodeReadsEveryEventOnce("eventsource-parser.mjs");
    }

    private void assertNodeReadsEveryEventOnce(String snippet) throws Exception {
        Tool node = Tool.named("node");
        Files.createSymbolicLink(directory.resolve("node_modules"), NodeModules.installed());
        assertReadsEveryEventOnce((link, run) ->
                Told.inLines(node.run(directory, List.of(written(snippet, link, directory), run))));
    }

    private String written(String snippet, DroppingLink link, Path into) throws Exception {
        Files.writeString(into.resolve(snippet), Snippet.named(snippet).with(link.url(), key), UTF_8);
        return snippet;
    }

    @Test
    void okHttpReadsEveryEventOnce() throws Exception {
        assertReadsEveryEventOnce((link, run) -> {
            Told told = new Told();
            new OkHttpTail(events(link, run), key, told::add).read().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return told;
        });
    }

    @Test
    void launchDarklyReadsEveryEventOnce() throws Exception {
        assertReadsEveryEventOnce((link, run) -> {
            Told told = new Told();
            LaunchDarklyTail.read(URI.create(events(link, run)), key, told::add);
            return told;
        });
    }

    @Test
    void aRestClientReadsEveryEventOnce() throws Exception {
        assertReadsEveryEventOnce((link, run) -> {
            Told told = new Told();
            RestClientTail.RunEvents gateway = QuarkusRestClientBuilder.newBuilder()
                    .baseUri(URI.create(link.url()))
                    .build(RestClientTail.RunEvents.class);
            new RestClientTail(gateway)
                    .read(run, key)
                    .invoke(event -> told.add(event.id(), event.data()))
                    .collect()
                    .last()
                    .await()
                    .atMost(PATIENCE);
            return told;
        });
    }

    private static String events(DroppingLink link, String run) {
        return link.url() + "/history/v1/runs/" + run + "/events";
    }
}
