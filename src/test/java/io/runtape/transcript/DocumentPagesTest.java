package io.runtape.transcript;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.dialect.AllDialects;
import io.runtape.dialect.Message;
import io.runtape.dialect.OpenMessage;
import io.runtape.dialect.OpenPart;
import io.runtape.dialect.Part;
import io.runtape.dialect.Payload;
import io.runtape.dialect.Role;
import io.runtape.run.Run;
import io.runtape.sse.CorpusCase;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Both forms of a document: whatever was recorded, the document's structure is its own. */
class DocumentPagesTest {

    private static final Instant BEGAN = Instant.parse("2026-01-01T00:00:00.412Z");

    private static final Set<String> TAGS = Set.of(
            "!doctype",
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "main",
            "section",
            "article",
            "h1",
            "h2",
            "h3",
            "h4",
            "p",
            "dl",
            "dt",
            "dd",
            "bdi",
            "code",
            "pre",
            "details",
            "summary",
            "span",
            "div",
            "strong",
            "time");

    private static final Pattern TAG = Pattern.compile("<(/?)([!a-z0-9]*)((?: [a-z-]+=\"[^\"<>]*\"| html)*)>");

    private static final Pattern OWN_LINE = Pattern.compile(
            "|# Transcript of run .*|Title: .*|## Run .*|### (System|User|Assistant|Tool)(, [0-9: .-]+ UTC)?|- [A-Z][A-Za-z ]+: [`–].*"
                    + "|<details><summary>[^<>]*(<code>[^<>]*</code>)?[^<>]*</summary>|</details>|Arguments:|Output:"
                    + "|\\*\\*[A-Za-z ]+\\*\\*( [`–].*)?|(File|Address) .*|\\*… still being written\\*");

    private static Run run() {
        Run run = new Run();
        run.id = "run_1";
        run.threadId = "thr_1";
        run.upstream = "default";
        run.path = "/v1/run";
        run.status = "completed";
        run.createdAt = BEGAN;
        run.firstEventAt = BEGAN.plusMillis(412);
        run.completedAt = BEGAN.plusSeconds(65);
        run.usage = "{\"inputTokens\":1480,\"outputTokens\":322,\"reasoningTokens\":null}";
        return run;
    }

    private static RunSection section(Run run, List<Part> parts) {
        return new RunSection(
                new RunFacts(run, false, FrameSpan.WHOLE),
                false,
                List.of(),
                List.of(new TranscriptMessage(Role.ASSISTANT, parts, run.id, BEGAN)),
                List.of(),
                null);
    }

    private static TranscriptDocument document(RunSection section) {
        return new TranscriptDocument("run", "run_1", null, List.of(section), false);
    }

    private static TranscriptDocument document(Part... parts) {
        return document(section(run(), List.of(parts)));
    }

    private static String html(TranscriptDocument document) {
        StringWriter out = new StringWriter();
        try {
            new HtmlPage(out).write(document);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString();
    }

    private static String markdown(TranscriptDocument document) {
        StringWriter out = new StringWriter();
        try {
            new MarkdownPage(out).write(document);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString();
    }

    private static void assertOwnTags(String html) {
        String body = html.replace(HtmlStyle.TRANSCRIPT.sheet(), "");
        List<String> open = new ArrayList<>();
        Matcher tag = TAG.matcher(body);
        for (int at = body.indexOf('<'); at >= 0; at = body.indexOf('<', at + 1)) {
            String near = body.substring(at, Math.min(body.length(), at + 80));
            assertTrue(tag.region(at, body.length()).lookingAt() && TAGS.contains(tag.group(2)), near);
            if (tag.group(1).isEmpty()) {
                open.add(tag.group(2));
                if (Set.of("!doctype", "meta").contains(tag.group(2))) {
                    open.remove(open.size() - 1);
                }
            } else {
                assertEquals(open.remove(open.size() - 1), tag.group(2), near);
            }
        }
        assertEquals(List.of(), open);
    }

    /** The contents of the fences; everything else must be the document's own. */
    private static List<String> fenced(String markdown) {
        List<String> blocks = new ArrayList<>();
        String fence = "";
        StringBuilder block = new StringBuilder();
        for (String line : markdown.split("\n", -1)) {
            if (fence.isEmpty() && line.matches("`{3,}text")) {
                fence = line.substring(0, line.length() - "text".length());
                block.setLength(0);
            } else if (fence.isEmpty()) {
                assertTrue(OWN_LINE.matcher(line).matches(), line);
            } else if (line.strip().matches("`+") && line.strip().length() >= fence.length()) {
                blocks.add(block.toString());
                fence = "";
            } else {
                block.append(line).append('\n');
            }
        }
        assertEquals("", fence);
        return blocks;
    }

    private static String unescaped(String html) {
        return html.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
    }

    private static JsonNode json(String key, String value) {
        return JsonNodeFactory.instance.objectNode().put(key, value);
    }

    /** The places where a stranger's text can get. */
    private static void everywhere(String text, BiConsumer<String, TranscriptDocument> each) {
        each.accept("text", document(new Part.Text(text)));
        each.accept("reasoning", document(new Part.Reasoning(text)));
        each.accept("arguments", document(new Part.ToolCall("c", "t", TextNode.valueOf(text))));
        each.accept("output", document(new Part.ToolResult("c", "t", TextNode.valueOf(text), null, false, false)));
        each.accept("error", document(new Part.ErrorPart("e", text)));
        each.accept("diff", document(new Part.FilePart("f", "made", text, null)));
        each.accept("member", document(new Part.ToolCall("c", text, json(text, text))));
        each.accept("tool", document(new Part.ToolResult("c", text, null, 1, true, true)));
        each.accept("code", document(new Part.ErrorPart(text, "m")));
        each.accept("path", document(new Part.FilePart(text, text, null, null)));
        each.accept("url", document(new Part.FilePart(null, null, null, text)));
        Run run = run();
        run.agent = text;
        run.model = text;
        run.path = text;
        run.finishReason = text;
        run.error = JsonNodeFactory.instance
                .objectNode()
                .put("code", text)
                .put("message", text)
                .toString();
        each.accept("run", document(section(run, List.of(new Part.Text("x")))));
        RunSection section = section(run(), List.of(new Part.Text("x")));
        each.accept("title", new TranscriptDocument("run", "run_1", text, List.of(section), true));
    }

    @Test
    void noTextBecomesMarkup() {
        for (String text : HostileTexts.ALL) {
            everywhere(text, (place, document) -> assertOwnTags(html(document)));
        }
    }

    @Test
    void noTextBecomesMarkdown() {
        for (String text : HostileTexts.ALL) {
            everywhere(text, (place, document) -> fenced(markdown(document)));
        }
    }

    @Test
    void everyTextIsThereAsItWas() {
        for (String text : HostileTexts.ALL) {
            String shown = ShownText.of(text);
            String lines = shown.endsWith("\n") ? shown : shown + "\n";

            assertEquals(List.of(lines), fenced(markdown(document(new Part.Text(text)))));
            assertTrue(
                    unescaped(html(document(new Part.Text(text)))).contains("<pre dir=\"auto\">\n" + shown + "</pre>"));
        }
    }

    @Test
    void everyStreamOfTheCorpusIsADocument() throws Exception {
        CorpusCase.all().forEach(each -> {
            for (String path : List.of("/v1/run", "/v1/other")) {
                List<Message> said = AllDialects.dialects().of("auto", path).transcript(each.events());
                List<Part> parts = said.stream()
                        .flatMap(message -> message.parts().stream())
                        .toList();
                assertOwnTags(html(document(section(run(), parts))));
                fenced(markdown(document(section(run(), parts))));
            }
        });
    }

    @Test
    void tellsTheRun() {
        String html = html(document(new Part.Text("x")));
        String markdown = markdown(document(new Part.Text("x")));

        for (String fact : List.of(
                "Status: completed",
                "Agent API: default /v1/run",
                "Began: 2026-01-01 00:00:00.412 UTC",
                "First event: after 0.412 s",
                "Ended: after 1 min 5.000 s",
                "Tokens: 1,480 input, 322 output")) {
            String[] words = fact.split(": ", 2);
            assertTrue(html.contains("<dt>" + words[0] + "</dt><dd><bdi>" + words[1] + "</bdi></dd>"), html);
            assertTrue(markdown.contains("- " + words[0] + ": `" + words[1] + "`\n"), markdown);
        }
        assertTrue(
                html.contains("<h3>Assistant<time datetime=\"2026-01-01T00:00:00.412Z\">2026-01-01 00:00:00.412 UTC"));
    }

    @Test
    void foldsACallWithItsResult() {
        TranscriptDocument document = document(
                new Part.ToolCall("a", "one", json("command", "npm test")),
                new Part.ToolCall("b", "two", null),
                new Part.ToolResult("b", "two", TextNode.valueOf("of two"), 1, true, false),
                new Part.ToolResult("a", "one", TextNode.valueOf("of one"), 0, false, false),
                new Part.ToolResult("", "three", json("k", "v"), null, false, true));

        String html = html(document);
        assertTrue(
                html.contains("<details><summary>Tool call <code><bdi>one</bdi></code> exit code 0</summary>"), html);
        assertTrue(
                html.contains("<details class=\"failed\"><summary>Tool call <code><bdi>two</bdi></code>"
                        + " <span class=\"bad\">failed, exit code 1</span></summary>"),
                html);
        assertTrue(html.indexOf("of one") < html.indexOf("of two"), html);
        assertTrue(html.contains("Tool result <code><bdi>three</bdi></code> output as far as it came"), html);
        assertEquals(
                List.of("{\n  \"command\": \"npm test\"\n}\n", "of one\n", "of two\n", "{\n  \"k\": \"v\"\n}\n"),
                fenced(markdown(document)));
    }

    @Test
    void isLoudAboutErrors() {
        Run run = run();
        run.status = "failed";
        run.reason = "upstream_error";
        run.error = "{\"code\":\"rate_limit\",\"message\":\"Slow down.\"}";
        TranscriptDocument document = document(section(run, List.of(new Part.ErrorPart("tool_error", "It broke."))));

        String html = html(document);
        assertTrue(html.contains("<bdi>failed: upstream_error</bdi>"), html);
        assertTrue(html.contains("<div class=\"error\"><strong>The run failed</strong> <code><bdi>rate_limit"), html);
        assertTrue(html.contains("<div class=\"error\"><strong>Error</strong> <code><bdi>tool_error"), html);
        assertTrue(markdown(document).contains("**The run failed** `rate_limit`\n\n```text\nSlow down.\n```\n"));
    }

    @Test
    void tellsThatACancelledRunWasCancelled() {
        Run run = run();
        run.status = "cancelled";
        run.error = "{\"code\":\"cancelled\",\"message\":\"The caller cancelled it.\"}";
        TranscriptDocument document = document(section(run, List.of()));

        assertTrue(html(document).contains("<strong>The run was cancelled</strong> <code><bdi>cancelled"));
        assertTrue(markdown(document).contains("**The run was cancelled** `cancelled`\n"));
    }

    @Test
    void tellsWhetherTheResultOfACallMayStillCome() {
        Run run = run();
        List<Part> parts = List.of(
                new Part.ToolCall("a", "one", null),
                new Part.ToolCall("b", "two", null),
                new Part.ToolResult("b", "two", null, null, false, false));
        List<OpenPart> open =
                parts.stream().map(part -> OpenPart.inPlace(part, false)).toList();
        TranscriptDocument live = document(new RunSection(
                new RunFacts(run, true, FrameSpan.WHOLE),
                true,
                List.of(),
                List.of(),
                List.of(new OpenMessage(Role.ASSISTANT, open)),
                BEGAN));
        TranscriptDocument ended = document(section(run, parts));

        assertTrue(html(live).contains("<bdi>one</bdi></code> no result yet</summary>"), html(live));
        assertTrue(html(ended).contains("<bdi>one</bdi></code> no result in this run</summary>"), html(ended));
        for (String page : List.of(html(live), html(ended))) {
            assertTrue(page.contains("<bdi>two</bdi></code></summary>"), page);
            assertFalse(page.contains("Output"), page);
        }
        assertFalse(markdown(ended).contains("Output"), markdown(ended));
    }

    /** The results that the caller sent, and those of another message of the response. */
    @Test
    void tellsNoResultToBeMissingThatStandsBelow() {
        List<TranscriptMessage> asked = List.of(
                message(
                        Role.ASSISTANT,
                        new Part.ToolCall("a", "answered", null),
                        new Part.ToolCall("n", "forgotten", null)),
                message(
                        Role.TOOL,
                        new Part.ToolResult("a", "answered", TextNode.valueOf("12 °C"), null, false, false)));
        List<TranscriptMessage> said = List.of(
                message(Role.ASSISTANT, new Part.ToolCall("b", "late", null), new Part.ToolCall("c", "hanging", null)),
                message(Role.USER, new Part.Text("Go on.")),
                message(Role.ASSISTANT, new Part.ToolResult("b", "late", TextNode.valueOf("ok"), null, false, false)));
        TranscriptDocument document = document(
                new RunSection(new RunFacts(run(), false, FrameSpan.WHOLE), false, asked, said, List.of(), null));

        String markdown = markdown(document);
        for (String call : List.of("answered", "forgotten", "late")) {
            assertTrue(markdown.contains("Tool call <code>" + call + "</code></summary>"), markdown);
        }
        assertTrue(markdown.contains("<code>hanging</code>, no result in this run</summary>"), markdown);
    }

    private static TranscriptMessage message(Role role, Part... parts) {
        return new TranscriptMessage(role, List.of(parts), "run_1", BEGAN);
    }

    @Test
    void marksWhatIsOpen() {
        Run run = run();
        run.status = "running";
        List<OpenPart> parts = List.of(
                OpenPart.inPlace(new Part.Text("whole"), false),
                new OpenPart(new Part.ToolCall("c", "shell", null), true, null, null, "{\"cmd\":\"ma"),
                OpenPart.inPlace(new Part.Text(""), true));
        TranscriptDocument document = document(new RunSection(
                new RunFacts(run, true, new FrameSpan(2, 9)),
                true,
                List.of(),
                List.of(),
                List.of(new OpenMessage(Role.ASSISTANT, parts)),
                BEGAN));

        String markdown = markdown(document);
        assertEquals(List.of("whole\n", "{\"cmd\":\"ma\n"), fenced(markdown));
        assertEquals(1, markdown.split("still being written", -1).length - 1);
        assertTrue(markdown.contains("- Status: `running: this is what there is so far`\n"), markdown);
        assertTrue(markdown.contains("- Frames: `only 2 to 9`\n"), markdown);
        assertFalse(markdown.contains("Ended"), markdown);
        assertTrue(html(document).contains("<p class=\"open\">… still being written</p>"));
    }

    @Test
    void aDeepValueStaysOnItsLine() {
        String deep = "[".repeat(900) + "]".repeat(900);

        assertEquals(List.of(deep + "\n"), fenced(markdown(document(new Part.ToolCall("c", "t", node(deep))))));
    }

    private static JsonNode node(String json) {
        return Payload.parsed(json);
    }
}
