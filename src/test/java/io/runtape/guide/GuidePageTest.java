package io.runtape.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page shows the code that the tests run, and no other. */
class GuidePageTest {

    private static final Path HERE = Path.of("src", "test", "java", "io", "runtape", "guide");

    @Test
    void everyPieceOfCodeIsRun() {
        assertEquals(
                Set.of(
                        "resume.sh",
                        "resume.mjs",
                        "resume.html",
                        "eventsource.mjs",
                        "cut.mjs",
                        "eventsource-parser.mjs",
                        "OkHttpTail.java",
                        "LaunchDarklyTail.java",
                        "RestClientTail.java"),
                Snippet.all().keySet());
        long blocks = Pattern.compile("^```[a-z]+$", Pattern.MULTILINE)
                .matcher(Snippet.page())
                .results()
                .count();
        assertEquals(Snippet.all().size(), blocks);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OkHttpTail.java", "LaunchDarklyTail.java", "RestClientTail.java"})
    void javaIsThatOfTheTests(String name) throws IOException {
        List<String> lines = Files.readAllLines(HERE.resolve(name));

        // The package is the reader's own.
        assertEquals(
                String.join("\n", lines.subList(2, lines.size())),
                Snippet.named(name).code().stripTrailing());
    }

    @Test
    void versionsAreThoseOfTheTests() throws IOException {
        String page = Snippet.page();
        String pom = Files.readString(Path.of("pom.xml"));
        String npm = Files.readString(Path.of("src", "test", "node", "package.json"));
        for (String found : List.of(
                version(page, "okhttp-sse:") + " " + version(pom, "<okhttp.version>"),
                version(page, "okhttp-eventsource:") + " " + version(pom, "<launchdarkly-eventsource.version>"),
                version(page, "npm install eventsource@") + " " + version(npm, "\"eventsource\": \""),
                version(page, "npm install eventsource-parser@") + " " + version(npm, "\"eventsource-parser\": \""))) {
            String[] both = found.split(" ");
            assertEquals(both[0], both[1]);
        }
    }

    private static String version(String text, String before) {
        int at = text.indexOf(before) + before.length();
        int end = at;
        while (Character.isDigit(text.charAt(end)) || text.charAt(end) == '.') {
            end++;
        }
        return text.substring(at, end);
    }
}
