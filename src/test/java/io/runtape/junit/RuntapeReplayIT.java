package io.runtape.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

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
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

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
    void failsAClassThatLeavesRecordingsUnused() {
        SummaryGeneratingListener told = new SummaryGeneratingListener();

        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(Forgetful.class))
                                .build(),
                        told);

        List<String> why = told.getSummary().getFailures().stream()
                .map(failure -> String.valueOf(failure.getException().getMessage()))
                .toList();
        assertEquals(1, why.size(), why.toString());
        assertTrue(why.get(0).contains("run_01a21d1f566678138de22c422af67147"), why.toString());
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

    /** Its tests pass, and use nothing. */
    static class Forgetful {

        @RegisterExtension
        static final RuntapeReplay OTHER = RuntapeReplay.of(CASSETTES);

        @Test
        void callsNobody() {
            assertTrue(OTHER.url().startsWith("http://localhost:"));
        }
    }
}
