package io.runtape.clients;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runtape.guide.Snippet;
import io.runtape.testsupport.NodeModules;
import io.runtape.testsupport.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The JavaScript of docs/reference/clients.md, run out of the page. */
final class ClientSnippets {

    static final Path PAGE = Path.of("docs", "reference", "clients.md");

    /** The packages of the scripts are looked for from there upwards. */
    private static final Path SCRIPTS = Path.of("target", "clients").toAbsolutePath();

    private ClientSnippets() {}

    /** Runs one of them as that caller of the gateway at that origin; returns what it printed. */
    static String run(String name, String wanted, String gateway, String key) throws Exception {
        Tool node = Tool.named("node");
        NodeModules.link(SCRIPTS, wanted);
        Path directory = Files.createTempDirectory(SCRIPTS, "run-");
        for (Map.Entry<String, Snippet> snippet : Snippet.in(PAGE).entrySet()) {
            Files.writeString(
                    directory.resolve(snippet.getKey()), snippet.getValue().with(gateway, key), UTF_8);
        }
        return node.run(directory, List.of(name)).strip();
    }
}
