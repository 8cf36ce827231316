package io.runtape.server.warmup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.Tool;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonArray;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docker/Dockerfile.jvm has an image do, where there is a JDK that can: the JVM's cache is made, and the next start uses it. */
class ContainerStartIT {

    private static final Path PACKAGED = Path.of("target/quarkus-app");
    private static final Pattern ENTRYPOINT = Pattern.compile("^ENTRYPOINT (\\[.*])$", Pattern.MULTILINE);

    @TempDir
    Path image;

    @Test
    void startsFromTheCacheThatItsImageIsBuiltWith() throws Exception {
        Tool java = Tool.javaWithCache().orElse(null);
        Assumptions.assumeTrue(java != null, "no JDK 25 is installed");
        Path application = image.resolve("app");
        Tool.named("cp").run(image, List.of("-r", PACKAGED.toAbsolutePath().toString(), application.toString()));
        String path = java.path().getParent() + File.pathSeparator + System.getenv("PATH");

        Tool.named("env")
                .run(
                        application,
                        List.of(
                                "PATH=" + path,
                                Path.of("docker/train").toAbsolutePath().toString()));

        assertTrue(Files.size(application.resolve("app.aot")) > 50 << 20, "it holds less than the JDK's own cache");
        try (ScriptedUpstream upstream = new ScriptedUpstream();
                GatewayProcess gateway = GatewayProcess.startWith(
                        java,
                        application,
                        GatewayProcess.onH2(image.resolve("data"), upstream),
                        options(application))) {
            assertEquals("UP", gateway.ready().management().readiness().get("warm-up"));
            ScriptedUpstream.Scripted script = upstream.on(Script.stream("data: x\n\n"));
            try (WireResponse response = gateway.client().post("/v1/run", "{}", script.header())) {
                assertEquals("data: x\n\n", new String(response.whole(), UTF_8));
            }
            assertEquals(2, gateway.said().size(), () -> String.join("\n", gateway.output()));
        }
    }

    /** Those of the image, which is started in the application's folder, and that a cache which cannot be used is a fault. */
    private static String[] options(Path application) throws IOException {
        Matcher entrypoint = ENTRYPOINT.matcher(Files.readString(Path.of("docker/Dockerfile.jvm")));
        assertTrue(entrypoint.find());
        List<String> options = new ArrayList<>();
        for (Object word : new JsonArray(entrypoint.group(1))) {
            if (word.toString().startsWith("-X")) {
                options.add(word.toString().replace("=app.aot", "=" + application.resolve("app.aot")));
            }
        }
        options.add("-XX:AOTMode=on");
        return options.toArray(String[]::new);
    }
}
