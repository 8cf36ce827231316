package io.runtape.guide;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.runtape.testsupport.DroppingLink;
import io.runtape.testsupport.NodeModules;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Tool;
import io.runtape.testsupport.WireResponse;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The clients of docs/guides/resume.md, run out of the page: each reads a run over connections that are cut at random, while
 * the run goes on and after its end, and has every event once and in order when it stops by itself.
 */
abstract class ResumeGuideTest extends RunningGateway {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Where the scripts of the page are run; their packages are looked for from there upwards. */
    private static final Path SCRIPTS = Path.of("target", "guides").toAbsolutePath();

    /** What the announcement of a run's end has, and nothing else. */
    private static final String END = "\"lastSequence\":";

    private final String key = "guide-" + UUID.randomUUID();

    /** Reads a run over a link, as a client of the page does. */
    private interface Client {
        Told read(DroppingLink link, String run) throws Exception;
    }

    /**
     * Reads, at the same time, a run that goes on, one that has ended, and that one without ever hearing of its end, so that
     * nothing but the 204 stops the client.
     */
    private void assertReadsEveryEventOnce(Client client) throws Exception {
        try (DroppingLink toLive = linkToGateway();
                DroppingLink toEnded = linkToGateway();
                DroppingLink withoutEnd = DroppingLink.after(URI.create(url()).getPort(), END);
                WireResponse live = begin(new LongRun(toLive))) {
            String ended = ended();
            CompletableFuture<Told> ofLive = reading(client, toLive, live.header("Runtape-Run-Id"));
            CompletableFuture<Told> ofEnded = reading(client, toEnded, ended);
            CompletableFuture<Told> ofUnannounced = reading(client, withoutEnd, ended);

            assertEquals(LongRun.EVENTS, ofLive.get().events());
            assertEquals(LongRun.EVENTS, ofEnded.get().events());
            assertEquals(LongRun.EVENTS, ofUnannounced.get().events());
            // More than once where a reset took events with it that had come and were not read yet.
            assertTrue(withoutEnd.cuts() > 0);
            assertTrue(toLive.cuts() > 1, "cut " + toLive.cuts() + " times");
            assertTrue(toEnded.cuts() > 1, "cut " + toEnded.cuts() + " times");
        }
    }

    private static CompletableFuture<Told> reading(Client client, DroppingLink link, String run) {
        CompletableFuture<Told> told = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        told.complete(client.read(link, run));
                    } catch (Throwable e) {
                        told.completeExceptionally(e);
                    }
                },
                "client of the guide");
        thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        thread.start();
        return told;
    }

    private String ended() throws Exception {
        try (WireResponse begun = begin(new LongRun())) {
            begun.whole();
            String run = begun.header("Runtape-Run-Id");
            table().ended(run);
            return run;
        }
    }

    private DroppingLink linkToGateway() throws Exception {
        return DroppingLink.atRandom(URI.create(url()).getPort(), 200, 9000);
    }

    private WireResponse begin(LongRun run) throws Exception {
        return client().post("/v1/run", "{}", upstream.on(run).header(), "X-API-Key: " + key);
    }

    @Test
    void curlReadsEveryEventOnce() throws Exception {
        Tool bash = Tool.named("bash");
        Tool.named("curl");
        assertReadsEveryEventOnce((link, run) -> Told.inFrames(run(bash, "resume.sh", link, run)));
    }

    @Test
    void fetchReadsEveryEventOfItsOwnCallOnce() throws Exception {
        Tool node = Tool.named("node");
        try (DroppingLink link = DroppingLink.atRandom(URI.create(url()).getPort(), 1000, 9000)) {
            upstream.next(new LongRun(link));

            Told told = Told.inFrames(run(node, "resume.mjs", link));

            assertEquals(LongRun.EVENTS, told.events());
            assertTrue(link.cuts() > 1, "cut " + link.cuts() + " times");
        }
    }

    @Test
    void eventsourceReadsEveryEventOnce() throws Exception {
        assertNodeReadsEveryEventOnce("eventsource.mjs");
    }

    @Test
    void nodeOutlivesACutConnection() throws Exception {
        Tool node = Tool.named("node");
        try (DroppingLink link = DroppingLink.atRandom(URI.create(url()).getPort(), 2000, 9000)) {
            upstream.next(new LongRun(link));

            // The tool fails where its process does.
            String said = run(node, "cut.mjs", link);

            assertTrue(said.contains("delta"), said);
            assertTrue(
                    Pattern.compile("\nrun_[0-9a-f]+ goes on without us: terminated, (UND_ERR_SOCKET|ECONNRESET)\n$")
                            .matcher(said)
                            .find(),
                    said);
        }
    }

    @Test
    void eventsourceParserReadsEveryEventOnce() throws Exception {
        assertNodeReadsEveryEventOnce("eventsource-parser.mjs");
    }

    private void assertNodeReadsEveryEventOnce(String snippet) throws Exception {
        Tool node = Tool.named("node");
        NodeModules.link(SCRIPTS, "eventsource");
        assertReadsEveryEventOnce((link, run) -> Told.inLines(run(node, snippet, link, run)));
    }

    private String run(Tool tool, String snippet, DroppingLink link, String... arguments) throws Exception {
        Path directory = Files.createTempDirectory(Files.createDirectories(SCRIPTS), "run-");
        Files.writeString(directory.resolve(snippet), Snippet.named(snippet).with(link.url(), key), UTF_8);
        List<String> all = new ArrayList<>(List.of(snippet));
        all.addAll(List.of(arguments));
        return tool.run(directory, all);
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
            new RestClientTail(gateway, Duration.ofSeconds(1))
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
