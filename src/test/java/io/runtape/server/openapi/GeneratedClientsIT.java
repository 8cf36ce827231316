package io.runtape.server.openapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.NodeModules;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.Tool;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that are generated from the served OpenAPI document work: each makes every call that the document has. A call that is
 * new in it is to be made by both of them. One database is enough: what is tried is the document, and what it says is the same on
 * both.
 */
@TestInstance(Lifecycle.PER_CLASS)
class GeneratedClientsIT {

    private static final String FIRST =
            "event: tool_call\ndata: {\"toolCallId\":\"c1\",\"name\":\"shell\",\"arguments\":{\"cmd\":\"make\"}}\n\n";

    private static final Script STREAM = Script.stream(
            FIRST,
            "event: tool_result\ndata: {\"toolCallId\":\"c1\",\"output\":\"ok\",\"exitCode\":0}\n\n",
            "event: run_completed\ndata: {\"result\":\"Green.\"}\n\n");

    private static final Script WHOLE = Script.json(200, "{\"data\":{\"status\":\"completed\",\"result\":\"Hello.\"}}");

    /** How long a client may take to its call that cancels, on a machine that has other things to do. */
    private static final Duration CANCELLED_WITHIN = Duration.ofMinutes(2);

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private Path home;
    private GatewayProcess gateway;
    private Path document;
    private DocumentedCalls calls;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        home = directory;
        gateway = GatewayProcess.start(GatewayProcess.onH2(home.resolve("data"), upstream))
                .ready();
        document = home.resolve("openapi.json");
        try (WireResponse served = gateway.client().get("/q/openapi?format=json")) {
            Files.write(document, served.whole());
        }
        calls = new DocumentedCalls(new ObjectMapper().readTree(document.toFile()));
    }

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
    }

    private String url() {
        return "http://127.0.0.1:" + gateway.port();
    }

    /** The agent API's answers to the runs of a client, in their order. */
    private void scriptRuns() {
        upstream.next(STREAM);
        upstream.next(WHOLE);
        upstream.next(STREAM);
    }

    /** Begins a run that goes on until it is cancelled. */
    private WireResponse begin(String key) throws IOException {
        Scripted script = upstream.on(exchange -> {
            if (exchange.call().target().endsWith("/cancel")) {
                Script.json(200, "{}").answer(exchange);
            } else {
                exchange.streamHead("X-Run-ID: of-" + key).chunk(FIRST);
                assertTrue(exchange.peerGoneWithin(CANCELLED_WITHIN), "the run is not cancelled");
            }
        });
        WireResponse live = gateway.client().post("/v1/run", "{}", "X-API-Key: " + key, script.header());
        live.readUpTo(FIRST.length());
        return live;
    }

    @Test
    void openApiGeneratorsJavaClientMakesEveryCall() throws Exception {
        JavaClient client = JavaClient.generate(document, home.resolve("java"));
        scriptRuns();

        try (WireResponse live = begin("java")) {
            List<String> answered = client.makeEveryCall(url(), "java", live.header("Runtape-Run-Id"));

            assertEquals(calls.all(), calls.among(answered));
        }
    }

    @Test
    void openApiTypescriptsTypesMakeEveryCall() throws Exception {
        Tool node = Tool.named("node");
        Path program = home.resolve("typescript");
        NodeModules.link(program, "openapi-typescript");
        Files.copy(NodeModules.HOME.resolve("every-call.mts"), program.resolve("every-call.mts"));
        node.run(
                program,
                List.of("node_modules/openapi-typescript/bin/cli.js", document.toString(), "-o", "schema.d.ts"));
        node.run(
                program,
                List.of(
                        "node_modules/typescript/bin/tsc",
                        "--strict",
                        "--noUncheckedIndexedAccess",
                        "--target",
                        "es2022",
                        "--module",
                        "nodenext",
                        "--lib",
                        "es2022,dom",
                        "every-call.mts"));
        scriptRuns();

        try (WireResponse live = begin("typescript")) {
            String printed =
                    node.run(program, List.of("every-call.mjs", url(), "typescript", live.header("Runtape-Run-Id")));

            assertEquals(calls.all(), calls.among(printed.lines().toList()));
        }
    }
}
