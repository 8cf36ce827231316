package io.runtape.transcript;

import io.runtape.dialect.JsonLines;
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

    private final HtmlPieces page;

    HtmlPage(Writer to) {
        this.page = new HtmlPieces(to);
    }

    @Override
    void begin(TranscriptDocument document) throws IOException {
        page.begin(document.title() == null ? document.id() : document.title(), HtmlStyle.TRANSCRIPT);
        page.markup("<h1>Transcript of " + document.subject() + " ");
        page.name(document.id());
        page.markup("</h1>\n");
        if (document.title() != null) {
            page.markup("<p>");
            page.name(document.title());
            page.markup("</p>\n");
        }
    }

    @Override
    void end() throws IOException {
        page.end();
    }

    @Override
    void beginRun(String id, List<RunFacts.Fact> facts) throws IOException {
        page.markup("<section>\n<h2>Run ");
        page.name(id);
        page.markup("</h2>\n<dl>\n");
        for (RunFacts.Fact fact : facts) {
            page.markup("<dt>" + fact.name() + "</dt><dd>");
            page.name(fact.value());
            page.markup("</dd>\n");
        }
        page.markup("</dl>\n");
    }

    @Override
    void endRun() throws IOException {
        page.markup("</section>\n");
    }

    @Override
    void beginMessage(Role role, @Nullable Instant at) throws IOException {
        page.markup("<article class=\"" + role.label() + "\">\n<h3>" + RunFacts.title(role));
        if (at != null) {
            page.markup("<time datetime=\"" + at + "\">" + RunFacts.time(at) + "</time>");
        }
        page.markup("</h3>\n");
    }

    @Override
    void endMessage() throws IOException {
        page.markup("</article>\n");
    }

    @Override
    void text(String text) throws IOException {
        page.lines(text);
    }

    @Override
    void reasoning(String text) throws IOException {
        page.markup("<details><summary>Reasoning</summary>\n");
        page.lines(text);
        page.markup("</details>\n");
    }

    @Override
    void call(String tool, String arguments, Part.@Nullable ToolResult result, String outcome) throws IOException {
        fold("Tool call", tool, result != null && result.failed(), outcome);
        if (!arguments.isEmpty()) {
            page.markup("<h4>Arguments</h4>\n");
            page.lines(arguments);
        }
        if (result != null && result.output() != null) {
            page.markup("<h4>Output</h4>\n");
            page.lines(JsonLines.of(result.output()));
        }
        page.markup("</details>\n");
    }

    @Override
    void result(Part.ToolResult result, String outcome) throws IOException {
        fold("Tool result", result.name(), result.failed(), outcome);
        page.lines(JsonLines.of(result.output()));
        page.markup("</details>\n");
    }

    private void fold(String what, String tool, boolean failed, String outcome) throws IOException {
        page.markup("<details" + (failed ? " class=\"failed\"" : "") + "><summary>" + what + " ");
        page.code(tool);
        if (!outcome.isEmpty()) {
            page.markup(failed ? " <span class=\"bad\">" + outcome + "</span>" : " " + outcome);
        }
        page.markup("</summary>\n");
    }

    @Override
    void file(Part.FilePart file) throws IOException {
        page.markup("<div class=\"file\">" + (file.path() == null ? "Address " : "File "));
        page.code(address(file));
        if (file.action() != null) {
            page.markup(" ");
            page.name(file.action());
        }
        if (file.diff() != null) {
            page.lines(file.diff());
        }
        page.markup("</div>\n");
    }

    @Override
    void error(String heading, String code, String message) throws IOException {
        page.markup("<div class=\"error\"><strong>" + heading + "</strong> ");
        page.code(code);
        page.markup("\n");
        page.lines(message);
        page.markup("</div>\n");
    }

    @Override
    void unfinished() throws IOException {
        page.markup("<p class=\"open\">… still being written</p>\n");
    }
}
