package io.runtape.transcript;

import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import java.io.IOException;
import java.io.Writer;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes a transcript as a page of HTML. Everything recorded is text in it, and nothing becomes a link or an image. Tool
 * calls and reasoning are folded.
 *
 * <p>The option to render Markdown was rejected: a page that is read to find out what an agent wrote shows that, and a
 * run's text is not always Markdown. So no parser has to be trusted with it either.
 */
final class HtmlPage extends DocumentWriter {

    /** For what is markup. */
    private final Writer page;

    /** For what was recorded. */
    private final Writer text;

    HtmlPage(Writer page) {
        this.page = page;
        this.text = new HtmlText(page);
    }

    @Override
    void begin(TranscriptDocument document) throws IOException {
        page.write("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.write("<meta http-equiv=\"Content-Security-Policy\" content=\"" + HtmlStyle.POLICY_OF_PAGE + "\">\n");
        page.write("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.write("<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
        line(document.title() == null ? document.id() : document.title());
        page.write("</title>\n<style>" + HtmlStyle.SHEET + "</style>\n</head>\n<body>\n<main>\n<h1>Transcript of "
                + document.subject() + " ");
        name(document.id());
        page.write("</h1>\n");
        if (document.title() != null) {
            page.write("<p>");
            name(document.title());
            page.write("</p>\n");
        }
    }

    @Override
    void end() throws IOException {
        page.write("</main>\n</body>\n</html>\n");
    }

    @Override
    void beginRun(String id, List<RunFacts.Fact> facts) throws IOException {
        page.write("<section>\n<h2>Run ");
        name(id);
        page.write("</h2>\n<dl>\n");
        for (RunFacts.Fact fact : facts) {
            page.write("<dt>" + fact.name() + "</dt><dd>");
            name(fact.value());
            page.write("</dd>\n");
        }
        page.write("</dl>\n");
    }

    @Override
    void endRun() throws IOException {
        page.write("</section>\n");
    }

    @Override
    void beginMessage(Role role, @Nullable Instant at) throws IOException {
        page.write("<article class=\"" + role.label() + "\">\n<h3>" + RunFacts.title(role));
        if (at != null) {
            page.write("<time datetime=\"" + at + "\">" + RunFacts.time(at) + "</time>");
        }
        page.write("</h3>\n");
    }

    @Override
    void endMessage() throws IOException {
        page.write("</article>\n");
    }

    @Override
    void text(String text) throws IOException {
        lines(text);
    }

    @Override
    void reasoning(String text) throws IOException {
        page.write("<details><summary>Reasoning</summary>\n");
        lines(text);
        page.write("</details>\n");
    }

    @Override
    void call(String tool, String arguments, Part.@Nullable ToolResult result) throws IOException {
        fold("Tool call", tool, result);
        if (!arguments.isEmpty()) {
            page.write("<h4>Arguments</h4>\n");
            lines(arguments);
        }
        if (result != null) {
            page.write("<h4>Output</h4>\n");
            lines(JsonLines.of(result.output()));
        }
        page.write("</details>\n");
    }

    @Override
    void result(Part.ToolResult result) throws IOException {
        fold("Tool result", result.name(), result);
        lines(JsonLines.of(result.output()));
        page.write("</details>\n");
    }

    private void fold(String what, String tool, Part.@Nullable ToolResult result) throws IOException {
        boolean failed = result != null && result.failed();
        page.write("<details" + (failed ? " class=\"failed\"" : "") + "><summary>" + what + " ");
        code(tool);
        String outcome = outcome(result);
        if (!outcome.isEmpty()) {
            page.write(failed ? " <span class=\"bad\">" + outcome + "</span>" : " " + outcome);
        }
        page.write("</summary>\n");
    }

    @Override
    void file(Part.FilePart file) throws IOException {
        page.write("<div class=\"file\">" + (file.path() == null ? "Address " : "File "));
        code(address(file));
        if (file.action() != null) {
            page.write(" ");
            name(file.action());
        }
        if (file.diff() != null) {
            lines(file.diff());
        }
        page.write("</div>\n");
    }

    @Override
    void error(String heading, String code, String message) throws IOException {
        page.write("<div class=\"error\"><strong>" + heading + "</strong> ");
        code(code);
        page.write("\n");
        lines(message);
        page.write("</div>\n");
    }

    @Override
    void unfinished() throws IOException {
        page.write("<p class=\"open\">… still being written</p>\n");
    }

    /** A recorded text. The browser drops a line end that comes first, and takes the direction from the text. */
    private void lines(String recorded) throws IOException {
        page.write("<pre dir=\"auto\">\n");
        ShownText.write(recorded, text);
        page.write("</pre>\n");
    }

    private void name(String recorded) throws IOException {
        page.write("<bdi>");
        line(recorded);
        page.write("</bdi>");
    }

    private void code(String recorded) throws IOException {
        if (!recorded.isEmpty()) {
            page.write("<code><bdi>");
            line(recorded);
            page.write("</bdi></code>");
        }
    }

    private void line(String recorded) throws IOException {
        text.write(ShownText.line(recorded));
    }
}
