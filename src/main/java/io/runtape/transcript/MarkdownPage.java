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
 * Writes a transcript as Markdown (CommonMark 0.31). Everything recorded is in code: a text in a fence that is longer
 * than any row of backticks in it, a name in a code span. So no heading, link or tag in it is one of the document. Tool
 * calls and reasoning are folded, in those two tags that viewers of Markdown know.
 */
final class MarkdownPage extends DocumentWriter {

    private static final int FENCE_MIN = 3;

    private final Writer page;

    MarkdownPage(Writer page) {
        this.page = page;
    }

    @Override
    void begin(TranscriptDocument document) throws IOException {
        page.write("# Transcript of " + document.subject() + " " + code(document.id()) + "\n\n");
        if (document.title() != null) {
            page.write("Title: " + code(document.title()) + "\n\n");
        }
    }

    @Override
    void end() {
        // The last block has its end.
    }

    @Override
    void beginRun(String id, List<RunFacts.Fact> facts) throws IOException {
        page.write("## Run " + code(id) + "\n\n");
        for (RunFacts.Fact fact : facts) {
            page.write("- " + fact.name() + ": " + code(fact.value()) + "\n");
        }
        page.write("\n");
    }

    @Override
    void endRun() {
        // The next heading begins the next run.
    }

    @Override
    void beginMessage(Role role, @Nullable Instant at) throws IOException {
        page.write("### " + RunFacts.title(role) + (at == null ? "" : ", " + RunFacts.time(at)) + "\n\n");
    }

    @Override
    void endMessage() {
        // The next heading begins the next message.
    }

    @Override
    void text(String text) throws IOException {
        lines(text);
    }

    @Override
    void reasoning(String text) throws IOException {
        fold("Reasoning", "", "");
        lines(text);
        page.write("</details>\n\n");
    }

    @Override
    void call(String tool, String arguments, Part.@Nullable ToolResult result, String outcome) throws IOException {
        fold("Tool call", tool, outcome);
        if (!arguments.isEmpty()) {
            page.write("Arguments:\n\n");
            lines(arguments);
        }
        if (result != null && result.output() != null) {
            page.write("Output:\n\n");
            lines(JsonLines.of(result.output()));
        }
        page.write("</details>\n\n");
    }

    @Override
    void result(Part.ToolResult result, String outcome) throws IOException {
        fold("Tool result", result.name(), outcome);
        lines(JsonLines.of(result.output()));
        page.write("</details>\n\n");
    }

    /** The line with the tags is HTML up to its blank line: nothing in it is read as Markdown. */
    private void fold(String what, String tool, String outcome) throws IOException {
        page.write("<details><summary>" + what);
        if (!tool.isEmpty()) {
            page.write(" <code>");
            new HtmlText(page).write(ShownText.line(tool));
            page.write("</code>");
        }
        page.write((outcome.isEmpty() ? "" : ", " + outcome) + "</summary>\n\n");
    }

    @Override
    void file(Part.FilePart file) throws IOException {
        page.write((file.path() == null ? "Address " : "File ") + code(address(file)));
        page.write((file.action() == null ? "" : " " + code(file.action())) + "\n\n");
        if (file.diff() != null) {
            lines(file.diff());
        }
    }

    @Override
    void error(String heading, String code, String message) throws IOException {
        page.write("**" + heading + "**" + (code.isEmpty() ? "" : " " + code(code)) + "\n\n");
        lines(message);
    }

    @Override
    void unfinished() throws IOException {
        page.write("*… still being written*\n\n");
    }

    /** A recorded text as a fenced code block (CommonMark 0.31, section 4.5). */
    private void lines(String recorded) throws IOException {
        String shown = ShownText.of(recorded);
        String fence = "`".repeat(Math.max(FENCE_MIN, longestRow(shown) + 1));
        page.write(fence + "text\n");
        page.write(shown);
        page.write((shown.endsWith("\n") ? "" : "\n") + fence + "\n\n");
    }

    /** A recorded name as a code span (CommonMark 0.31, section 6.1). */
    private static String code(String recorded) {
        String shown = ShownText.line(recorded);
        if (shown.isBlank()) {
            // Would be no code span.
            return "–";
        }
        String row = "`".repeat(longestRow(shown) + 1);
        return row.length() == 1 ? row + shown + row : row + " " + shown + " " + row;
    }

    private static int longestRow(String text) {
        int longest = 0;
        int row = 0;
        for (int i = 0; i < text.length(); i++) {
            row = text.charAt(i) == '`' ? row + 1 : 0;
            longest = Math.max(longest, row);
        }
        return longest;
    }
}
