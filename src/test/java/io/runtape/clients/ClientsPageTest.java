package io.runtape.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.guide.Snippet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The page shows the code and the versions that the tests run. */
class ClientsPageTest {

    private static final Path JAVA = Path.of("src", "test", "java", "io", "runtape", "clients");
    private static final Path NODE = Path.of("src", "test", "node");

    @ParameterizedTest
    @ValueSource(strings = {"OpenAiClientExample.java", "AnthropicClientExample.java", "LangChain4jExample.java"})
    void javaIsThatOfTheTests(String name) throws Exception {
        List<String> lines = Files.readAllLines(JAVA.resolve(name));

        // The package is the reader's own.
        assertEquals(
                String.join("\n", lines.subList(2, lines.size())),
                Snippet.in(ClientSnippets.PAGE).get(name).code().stripTrailing());
    }

    @Test
    void theFetchThatResumesIsThatOfTheScenarios() throws Exception {
        assertEquals(
                Files.readString(NODE.resolve("clients/resuming-fetch.mjs")),
                Snippet.in(ClientSnippets.PAGE).get("resuming-fetch.mjs").code());
    }

    @ParameterizedTest
    @CsvSource({"openai", "@anthropic-ai/sdk", "@langchain/langgraph-sdk", "ai", "@ag-ui/client"})
    void versionsAreThoseOfTheTests(String name) throws Exception {
        String npm = Files.readString(NODE.resolve("package.json"));
        String version = npm.replaceFirst("(?s).*\"" + name + "\": \"([^\"]+)\".*", "$1");

        String row = Files.readString(ClientSnippets.PAGE)
                .lines()
                .filter(line -> line.startsWith("| [`" + name + "`]"))
                .findFirst()
                .orElseThrow();
        assertTrue(row.contains("| " + version + " |"), row);
    }

    @ParameterizedTest
    @CsvSource({
        "com.openai:openai-java,openai",
        "com.anthropic:anthropic-java,anthropic",
        "dev.langchain4j:langchain4j-open-ai,langchain4j"
    })
    void versionsOfJavaAreThoseOfTheTests(String artifact, String property) throws Exception {
        String version =
                Files.readString(Path.of("pom.xml")).replaceFirst("(?s).*<" + property + "\\.version>([^<]+)<.*", "$1");

        assertTrue(Files.readString(ClientSnippets.PAGE).contains("`" + artifact + ":" + version + "`"), version);
    }
}
