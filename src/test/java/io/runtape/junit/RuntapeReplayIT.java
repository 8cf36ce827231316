package io.runtape.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.langchain4j.model.openai.OpenAiChatModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An agent's client, LangChain4j's, that is tested with a cassette and without a network. */
class RuntapeReplayIT {

    private static final Path CASSETTES = Path.of("src/test/resources/cassettes");

    @RegisterExtension
    static final RuntapeReplay AGENT = RuntapeReplay.of(CASSETTES);

    private static String asked(RuntapeReplay agent, String prompt) {
        return OpenAiChatModel.builder()
                .baseUrl(agent.url() + "/v1")
                .apiKey("any")
                .modelName("gpt-5-nano")
                .maxRetries(0)
                .build()
                .chat(prompt);
    }

    @Test
    void answersFromTheCassette() {
        assertEquals("Good morning.", asked(AGENT, "Greet me."));
    }

    @Test
    void refusesWhatWasNeverRecorded() {
        RuntimeException refused = assertThrows(RuntimeException.class, () -> asked(AGENT, "Greet them."));

        assertTrue(String.valueOf(refused.getMessage()).contains("no_recording"), refused.getMessage());
    }

    @Test
    void failsAClassThatLeavesRecordingsUnused() throws Exception {
        RuntapeReplay forgotten = RuntapeReplay.of(CASSETTES);
        forgotten.start();

        AssertionError failure = assertThrows(AssertionError.class, forgotten::stop);

        assertTrue(
                String.valueOf(failure.getMessage()).contains("run_01a21d1f566678138de22c422af67147"),
                failure.getMessage());
    }

    @Test
    void toleratesThatWhereItIsAllowed() throws Exception {
        RuntapeReplay forgotten = RuntapeReplay.of(CASSETTES).allowingUnused();
        forgotten.start();

        assertTrue(forgotten.url().startsWith("http://localhost:"), forgotten.url());
        forgotten.stop();
    }

    @Test
    void isInAJarOfItsOwn() throws IOException {
        try (Stream<Path> built = Files.list(Path.of("target"));
                JarFile jar = new JarFile(
                        built.filter(file -> file.getFileName().toString().endsWith("-junit.jar"))
                                .findFirst()
                                .orElseThrow()
                                .toFile())) {
            List<String> classes = jar.stream()
                    .map(JarEntry::getName)
                    .filter(name -> name.endsWith(".class"))
                    .toList();

            assertEquals(List.of("io/runtape/junit/RuntapeReplay.class"), classes);
        }
    }
}
