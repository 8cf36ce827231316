package io.runtape.demo;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The runs that the demo agent can give, chosen by words of the prompt. */
final class DemoScripts {
    private static final Pattern BETWEEN_WORDS = Pattern.compile("[^a-z]+");
    private static final int BURST_EVENTS = 3_000;
    // About two seconds a step: three minutes.
    private static final int LONG_STEPS = 100;
    private static final int SHOWN_CHARS_MAX = 80;

    private DemoScripts() {}

    /**
     * The scene for the run's prompt: {@code error} fails at its end, {@code burst} or {@code fast} has thousands of events
     * without a pause, {@code long} takes some minutes; any other prompt gets a coding run of about six seconds.
     */
    static List<ScriptStep> of(DemoRun run) {
        Set<String> words = BETWEEN_WORDS
                .splitAsStream(run.prompt().toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
        if (words.contains("error")) {
            return failing(run);
        }
        if (words.contains("burst") || words.contains("fast")) {
            return burst(run);
        }
        return words.contains("long") ? lasting(run) : coding(run);
    }

    private static List<ScriptStep> coding(DemoRun run) {
        String response =
                "Done: " + task(run) + " is in place. I put it into `src/app.js`, wrote a test for it, and the whole "
                        + "suite is green (7 passed). ✅\n\nThis was a scripted run of the built-in demo agent. Nothing was changed "
                        + "anywhere, but every event of it is recorded.";
        return opening(run)
                .tool(
                        "read_file",
                        new JsonObject().put("path", "src/app.js"),
                        0,
                        "export function start(port) {",
                        "  return serve({ port, routes: [] });",
                        "}")
                .think("One function to extend. The change is small, so I write it together with its test.")
                .tool(
                        "edit_file",
                        new JsonObject().put("path", "src/app.js").put("insert", "routes: [route()]"),
                        0,
                        "-  return serve({ port, routes: [] });",
                        "+  return serve({ port, routes: [route()] });")
                .tool(
                        "bash",
                        new JsonObject().put("command", "npm test"),
                        0,
                        "> node --test",
                        "✔ starts on a free port (12 ms)",
                        "✔ answers the new route (9 ms)",
                        "✔ refuses an unknown route (4 ms)",
                        "✔ keeps its order under load (31 ms)",
                        "tests 7, pass 7, fail 0")
                .say(response)
                .complete(response);
    }

    private static List<ScriptStep> failing(DemoRun run) {
        return opening(run)
                .tool(
                        "bash",
                        new JsonObject().put("command", "npm test"),
                        127,
                        "> node --test",
                        "sh: 1: node: not found")
                .think("Without node there is nothing that I can check here.")
                .fail("tool_error", "The tests cannot be run: bash ended with exit code 127.");
    }

    private static List<ScriptStep> lasting(DemoRun run) {
        Script script = opening(run);
        for (int step = 1; step <= LONG_STEPS; step++) {
            script.think("Step " + step + " of " + LONG_STEPS
                            + ". I take the next part of it and look at what depends on it.")
                    .tool(
                            "bash",
                            new JsonObject().put("command", "make part-" + step),
                            0,
                            "[1/3] reading",
                            "[2/3] building",
                            "[3/3] checking")
                    .say("Part " + step + " of " + LONG_STEPS
                            + " is done, and all that was green before still is. I go on with " + "the next one.");
        }
        return script.complete("All " + LONG_STEPS + " parts of " + task(run) + " are done.");
    }

    private static List<ScriptStep> burst(DemoRun run) {
        return new Script(run)
                .pour(BURST_EVENTS, "event ")
                .complete(BURST_EVENTS + " events for " + task(run) + ", as fast as you read them.");
    }

    private static Script opening(DemoRun run) {
        return new Script(run)
                .think("The request is " + task(run)
                        + ". First I need to know what is there, then I can tell what to change.")
                .say("I look at the project first.")
                .tool(
                        "list_files",
                        new JsonObject().put("path", "."),
                        0,
                        "package.json",
                        "README.md",
                        "src/app.js",
                        "test/app.test.js");
    }

    /** The prompt on one line, in quotation marks. */
    private static String task(DemoRun run) {
        String line = run.prompt().strip().replaceAll("\\s+", " ");
        return "“"
                + (line.length() <= SHOWN_CHARS_MAX
                        ? line
                        : line.substring(0, SHOWN_CHARS_MAX).strip() + "…") + "”";
    }
}
