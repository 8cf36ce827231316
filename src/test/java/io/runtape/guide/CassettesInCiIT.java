package io.runtape.guide;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.NodeModules;
import io.runtape.testsupport.Tool;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The script of docs/guides/mock-agent.md, run out of the page: an agent's tests in Node, with OpenAI's client, which have a
 * cassette and no agent API.
 */
class CassettesInCiIT {

    private static final Path PAGE = Path.of("docs", "guides", "mock-agent.md");
    private static final Path CASSETTE = Path.of("src", "test", "resources", "cassettes", "greeting.ndjson");
    private static final Path JAR = GatewayProcess.APPLICATION.resolve("quarkus-run.jar");

    private static final int PORTS = 4_000;

    private static final String PACKAGE = """
            {"type": "module", "scripts": {"test": "node --test test.mjs"}}
            """;

    private static final String TEST = """
            import assert from "node:assert";
            import test from "node:test";
            import OpenAI from "openai";

            test("greets", async () => {
              const client = new OpenAI({ apiKey: "any", baseURL: `${process.env.AGENT_API}/v1` });
              const said = await client.chat.completions.create(
                { model: "gpt-5-nano", messages: [{ role: "user", content: "Greet me." }] });
              assert.equal(said.choices[0].message.content, "%s");
            });
            """;

    private Tool bash;
    private Path project;

    @BeforeEach
    void makeProject() throws IOException {
        bash = Tool.named("bash");
        Tool.named("npm");
        Tool.named("curl");
        Path folder = Files.createDirectories(Path.of("target", "guides").toAbsolutePath());
        NodeModules.link(folder, "openai");
        project = Files.createTempDirectory(folder, "ci-");
        Files.copy(
                CASSETTE, Files.createDirectories(project.resolve("cassettes")).resolve("greeting.ndjson"));
        Files.writeString(project.resolve("package.json"), PACKAGE);
    }

    /** Below those that the system hands out: no other process is given it until the script takes it. */
    private static int freePort(int from) throws IOException {
        for (int port = from + ThreadLocalRandom.current().nextInt(PORTS); ; port++) {
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (BindException taken) {
                // The next one, then.
            }
        }
    }

    private String script() throws IOException {
        int port = freePort(20_000);
        int management = freePort(25_000);
        String script = Snippet.in(PAGE)
                .get("ci.sh")
                .with("http://localhost:" + port, "")
                .replace("localhost:9000", "localhost:" + management)
                .replace("quarkus-run.jar", JAR.toAbsolutePath().toString());
        return "export QUARKUS_HTTP_PORT=" + port + " QUARKUS_MANAGEMENT_PORT=" + management + "\n" + script;
    }

    private void run() throws Exception {
        Files.writeString(project.resolve("ci.sh"), script());
        bash.run(project, List.of("ci.sh"));
    }

    private String log() throws IOException {
        return Files.readString(project.resolve("runtape.log"));
    }

    @Test
    void testsAnAgentWithoutAnAgentApi() throws Exception {
        Files.writeString(project.resolve("test.mjs"), TEST.formatted("Good morning."));

        run();

        assertTrue(log().contains("stopped in"), log());
    }

    @Test
    void failsWhereATestFails() throws Exception {
        Files.writeString(project.resolve("test.mjs"), TEST.formatted("Good evening."));

        AssertionError failure = assertThrows(AssertionError.class, this::run);

        assertTrue(String.valueOf(failure.getMessage()).contains("Good evening."), failure.getMessage());
    }

    @Test
    void failsWhereARecordingIsNotUsed() throws Exception {
        Files.writeString(project.resolve("test.mjs"), "");

        AssertionError failure = assertThrows(AssertionError.class, this::run);

        String message = String.valueOf(failure.getMessage());
        assertTrue(message.contains("(1): run_01a21d1f566678138de22c422af67147"), message);
    }

    @Test
    void failsWhereTheGatewayDoesNotStart() throws Exception {
        Files.writeString(project.resolve("cassettes").resolve("broken.ndjson"), "no archive\n");
        Files.writeString(project.resolve("test.mjs"), TEST.formatted("Good morning."));

        AssertionError failure = assertThrows(AssertionError.class, this::run);

        assertFalse(String.valueOf(failure.getMessage()).contains("greets"), failure.getMessage());
        assertTrue(log().contains("broken.ndjson"), log());
    }
}
