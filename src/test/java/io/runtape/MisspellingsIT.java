package io.runtape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PackagedGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Misspells every parameter and header that the served document has, and every setting, and holds the page of misspellings to
 * what the gateway says.
 */
class MisspellingsIT extends PackagedGateway {

    private static final Path PAGE = Path.of("docs/reference/misspellings.md");

    private static final String WRITE = "misspellings.write";

    private static final String KEY = "X-API-Key: misspelling";

    private static final Pattern SAID_OF_A_SETTING =
            Pattern.compile("There is no setting ([A-Z_]+); the nearest is ([A-Z_]+)\\.");

    @Test
    void everyParameterIsMissedByItsName() throws Exception {
        List<String> rows = new ArrayList<>();
        JsonObject document = document();
        JsonObject paths = document.getJsonObject("paths");
        for (String path : new TreeSet<>(paths.fieldNames())) {
            JsonObject operations = paths.getJsonObject(path);
            for (String method : path.startsWith("/history/v1/") ? operations.fieldNames() : Set.<String>of()) {
                for (String name : parameters(document, operations.getJsonObject(method), "query")) {
                    String call = method.toUpperCase(Locale.ROOT) + " " + path;
                    rows.add(row(call, name, misspelt(name, ""), refusal(call, name)));
                }
            }
        }

        assertTrue(rows.size() > 30, rows::toString);
        assertOnThePage("| call | parameter |", rows);
    }

    private static String refusal(String call, String name) throws IOException {
        String[] words = call.split(" ");
        String target = words[1].replace("{id}", "x") + "?" + misspelt(name, "") + "=x";
        try (WireResponse response = gateway.client().send(words[0], target, new byte[0], KEY)) {
            return said(response, name, misspelt(name, ""), " Allowed with " + call + ": ");
        }
    }

    /** What the response says before it lists what is allowed. */
    private static String said(WireResponse response, String meant, String written, String allowed) throws IOException {
        String body = new String(response.whole(), UTF_8);
        assertEquals(400, response.status(), body);
        JsonObject error = new JsonObject(body).getJsonObject("error");
        assertEquals("invalid_request", error.getString("code"));
        String message = error.getString("message");
        assertTrue(message.contains("'" + written + "'. The nearest is " + meant + "."), message);
        int end = message.indexOf(allowed);
        assertTrue(end > 0 && message.indexOf(meant, end) > 0, message);
        return message.substring(0, end);
    }

    @Test
    void everyHeaderIsMissedByItsNameOnEveryCall() throws Exception {
        JsonObject document = document();
        Set<String> headers = new TreeSet<>(parameters(
                document,
                document.getJsonObject("paths").getJsonObject("/v1/run").getJsonObject("post"),
                "header"));
        headers.removeIf(name -> !name.startsWith("Runtape-"));
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        List<String> rows = new ArrayList<>();

        for (String name : headers) {
            String written = misspelt(name, "Runtape-");
            Set<String> said = new TreeSet<>();
            for (String call : List.of("POST /v1/run", "POST /v1/threads", "GET /v1/models", "GET /history/v1/runs")) {
                String[] words = call.split(" ");
                try (WireResponse response = gateway.client()
                        .send(words[0], words[1], "{}".getBytes(UTF_8), KEY, script.header(), written + ": x")) {
                    said.add(said(response, name, written, " Allowed: "));
                }
            }
            assertEquals(1, said.size(), said::toString);
            rows.add(row(name, written, said.iterator().next()));
        }

        assertTrue(script.isUncalled());
        assertTrue(rows.size() >= 3, rows::toString);
        assertOnThePage("| header | misspelt |", rows);
    }

    @Test
    void everySettingIsMissedByItsName() throws Exception {
        Map<String, String> meant = new TreeMap<>();
        ConfigurationPageTest.settings().keySet().stream()
                // The settings of named agent APIs stand for those of each name.
                .map(name -> name.replace("<NAME>", "OPENAI"))
                .forEach(name -> meant.put(misspelt(name, "RUNTAPE_"), name));
        Map<String, String> environment = GatewayProcess.onH2(data.resolve("stopped"), upstream);
        meant.keySet().forEach(name -> environment.put(name, "hunter2"));
        String said;
        try (GatewayProcess stopped = GatewayProcess.start(environment)) {
            assertNotEquals(0, stopped.exit(Duration.ofMinutes(2)));
            List<String> lines = stopped.output().stream()
                    .filter(line -> line.contains("There is no setting"))
                    .toList();
            assertEquals(1, lines.size(), () -> String.join("\n", stopped.output()));
            assertTrue(stopped.output().stream().noneMatch(line -> line.contains("hunter2")));
            said = lines.get(0);
        }
        Map<String, String> nearest = new TreeMap<>();
        Map<String, String> sentences = new TreeMap<>();
        for (MatchResult each : SAID_OF_A_SETTING.matcher(said).results().toList()) {
            nearest.put(each.group(1), each.group(2));
            sentences.put(each.group(2), each.group());
        }

        assertEquals(meant, nearest);
        List<String> rows = new ArrayList<>();
        sentences.forEach((name, sentence) -> rows.add(row(name, misspelt(name, "RUNTAPE_"), sentence)));
        assertOnThePage("| setting | misspelt |", rows);
    }

    /**
     * The name with two letters in each other's place, as fingers have it; past what all such names begin with. A single letter
     * is there twice.
     */
    private static String misspelt(String name, String begin) {
        if (name.length() == 1) {
            return name + name;
        }
        int i = begin.length() + 1;
        while (i + 2 < name.length() && name.charAt(i) == name.charAt(i + 1)) {
            i++;
        }
        return i + 1 < name.length() && name.charAt(i) != name.charAt(i + 1)
                ? swapped(name, i)
                : swapped(name, begin.length());
    }

    private static String swapped(String name, int i) {
        return name.substring(0, i) + name.charAt(i + 1) + name.charAt(i) + name.substring(i + 2);
    }

    private static JsonObject document() throws IOException {
        try (WireResponse response = gateway.client().get("/q/openapi?format=json")) {
            return new JsonObject(new String(response.whole(), UTF_8));
        }
    }

    private static Set<String> parameters(JsonObject document, JsonObject operation, String in) {
        JsonObject shared = document.getJsonObject("components").getJsonObject("parameters");
        Set<String> names = new TreeSet<>();
        JsonArray listed = operation.getJsonArray("parameters", new JsonArray());
        for (int i = 0; i < listed.size(); i++) {
            JsonObject parameter = listed.getJsonObject(i);
            String reference = parameter.getString("$ref");
            JsonObject described = reference == null
                    ? parameter
                    : shared.getJsonObject(reference.substring(reference.lastIndexOf('/') + 1));
            if (described.getString("in").equals(in)) {
                names.add(described.getString("name"));
            }
        }
        return names;
    }

    private static String row(String... cells) {
        StringBuilder row = new StringBuilder("|");
        for (int i = 0; i < cells.length - 1; i++) {
            row.append(" `").append(cells[i]).append("` |");
        }
        return row.append(' ').append(cells[cells.length - 1]).append(" |").toString();
    }

    private static void assertOnThePage(String table, List<String> rows) throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(PAGE));
        int first = 0;
        while (!lines.get(first).startsWith(table)) {
            first++;
        }
        first += 2;
        int end = first;
        while (lines.get(end).startsWith("|")) {
            end++;
        }
        List<String> onThePage = lines.subList(first, end);
        if (Boolean.getBoolean(WRITE)) {
            onThePage.clear();
            onThePage.addAll(rows);
            Files.write(PAGE, lines);
            return;
        }
        assertEquals(
                String.join("\n", rows),
                String.join("\n", onThePage),
                PAGE + " is not what the gateway says. Write it anew with: ./mvnw verify -Dtest=none"
                        + " -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=MisspellingsIT -D" + WRITE + "=true");
    }
}
