package io.runtape.diff;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.JsonLines;
import io.runtape.transcript.HtmlPieces;
import io.runtape.transcript.HtmlStyle;
import io.runtape.transcript.RunFacts;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes a comparison as a page of HTML, with the runs side by side. Everything recorded is text in it. Confined to one
 * thread.
 */
final class DiffPage {

    /** How comparisons look: as transcripts do, in two columns, which become one where there is no room for two. */
    static final HtmlStyle STYLE = HtmlStyle.TRANSCRIPT.with("""
            :root { --gone: #82071e; --gone-block: #ffebe9; --come: #0f5323; --come-block: #dafbe1; }
            @media (prefers-color-scheme: dark) { :root { --gone: #ffc1ba; --gone-block: #3d1519; --come: #7ee787;
              --come-block: #10301b; } }
            main { max-width: 90rem; }
            h2 .change, summary .change, h3 .change { font-weight: normal; font-size: .85rem; color: var(--soft); }
            table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: .9rem; }
            th, td { text-align: start; vertical-align: top; padding: .2rem .5rem .2rem 0; overflow-wrap: anywhere;
              border-bottom: 1px solid var(--line); font-weight: normal; }
            thead th { font-weight: bold; }
            tbody th { color: var(--soft); }
            .pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 1.5rem; }
            .pair > div { padding-left: .75rem; border-left: .25rem solid transparent; }
            .differs > div { border-color: var(--line); }
            .pair pre { margin: 0; }
            .pair h4 { margin-top: 0; }
            del { color: var(--gone); background: var(--gone-block); text-decoration: line-through; }
            ins { color: var(--come); background: var(--come-block); text-decoration: underline; }
            .note { color: var(--soft); font-size: .9rem; margin: .25rem 0; }
            @media (max-width: 45rem) {
              .pair { grid-template-columns: minmax(0, 1fr); }
              .same > div + div { display: none; }
            }
            @media print { :root { --gone: #a40e26; --gone-block: #fff; --come: #0f5323; --come-block: #fff; } }
            """);

    private static final String TOO_LONG =
            "Too long to look for what they have in common: everything between the first and the last difference is marked.";

    private final HtmlPieces page;
    private final TextComparer comparer;

    /** @param comparer compares arguments and results, as far as its bound allows */
    DiffPage(Writer to, TextComparer comparer) {
        this.page = new HtmlPieces(to);
        this.comparer = comparer;
    }

    /** Writes it, once. */
    void write(RunDiff diff) throws IOException {
        ComparedRun first = diff.runs().get(0);
        ComparedRun second = diff.runs().get(1);
        page.begin("Comparison of two runs", STYLE);
        page.markup("<h1>Comparison of two runs <span class=\"change\">" + (diff.equal() ? "(equal)" : "(different)")
                + "</span></h1>\n");
        facts(first, second, diff);
        if (first.truncated() || second.truncated()) {
            note("Something was too long and is not compared.");
        }
        request(diff.request());
        text("Text", diff.text());
        TextDiff reasoning = diff.reasoning();
        if (reasoning != null) {
            text("Reasoning", reasoning);
        }
        calls(diff.toolCalls());
        files(diff.files());
        page.end();
    }

    private void facts(ComparedRun first, ComparedRun second, RunDiff diff) throws IOException {
        page.markup("<table>\n<thead><tr><th scope=\"col\">Run</th><th scope=\"col\">");
        page.name(first.id());
        page.markup("</th><th scope=\"col\">");
        page.name(second.id());
        page.markup("</th></tr></thead>\n<tbody>\n");
        List<ComparedRun> runs = diff.runs();
        fact("Status", runs, DiffPage::status);
        fact("Error", runs, run -> error(run.errorCode(), run.errorMessage()));
        fact("Thread", runs, ComparedRun::threadId);
        fact("Agent", runs, ComparedRun::agent);
        fact("Agent API", runs, run -> run.upstream() + " " + run.path());
        fact("Model", runs, ComparedRun::model);
        fact("Finish reason", runs, ComparedRun::finishReason);
        fact("Began", runs, run -> RunFacts.time(run.createdAt()));
        figure("Duration", diff.time().durationMs(), " ms");
        figure("First event", diff.time().timeToFirstEventMs(), " ms");
        figure("Input tokens", diff.usage().inputTokens(), "");
        figure("Input tokens from the cache", diff.usage().cachedInputTokens(), "");
        figure("Input tokens to the cache", diff.usage().cacheWriteTokens(), "");
        figure("Output tokens", diff.usage().outputTokens(), "");
        figure("Reasoning tokens", diff.usage().reasoningTokens(), "");
        page.markup("</tbody>\n</table>\n");
    }

    private static String status(ComparedRun run) {
        if (run.status().equals("running")) {
            return "running: compared as far as it has come";
        }
        return run.reason() == null ? run.status() : run.status() + ": " + run.reason();
    }

    private static @Nullable String error(@Nullable String code, @Nullable String message) {
        return code == null ? message : message == null ? code : code + ": " + message;
    }

    private void fact(String name, List<ComparedRun> runs, Function<ComparedRun, @Nullable String> value)
            throws IOException {
        String first = value.apply(runs.get(0));
        String second = value.apply(runs.get(1));
        if (first != null || second != null) {
            page.markup("<tr><th scope=\"row\">" + name + "</th>");
            cell(first, "");
            cell(second, "");
            page.markup("</tr>\n");
        }
    }

    private void figure(String name, Figure figure, String unit) throws IOException {
        if (figure.first() != null || figure.second() != null) {
            page.markup("<tr><th scope=\"row\">" + name + "</th>");
            cell(figure.first() == null ? null : number(figure.first()) + unit, "");
            String difference = figure.difference() == null || figure.difference() == 0
                    ? ""
                    : String.format(Locale.ROOT, " (%+,d%s)", figure.difference(), unit);
            cell(figure.second() == null ? null : number(figure.second()) + unit, difference);
            page.markup("</tr>\n");
        }
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private void cell(@Nullable String recorded, String ours) throws IOException {
        page.markup("<td>");
        if (recorded == null) {
            page.markup("–");
        } else {
            page.name(recorded);
        }
        page.markup(ours + "</td>");
    }

    private void request(RequestDiff request) throws IOException {
        heading("Request", request.equal());
        if (request.tooLong()) {
            note(TOO_LONG);
        }
        for (AskedDiff message : request.messages()) {
            page.markup("<h3>" + RunFacts.title(message.role()) + " " + change(message.change()) + "</h3>\n");
            pieces(message.text());
        }
        List<MemberDiff> members = request.members();
        if (members == null) {
            note("The rest of a request is deleted, and not compared.");
        } else {
            for (MemberDiff member : members) {
                page.markup("<details open><summary>");
                page.code(member.name());
                page.markup(" " + change(member.change()) + "</summary>\n");
                values(member.first(), member.second());
                page.markup("</details>\n");
            }
        }
    }

    private void text(String title, TextDiff text) throws IOException {
        heading(title, text.equal());
        pieces(text);
    }

    private void calls(ToolCallDiffs calls) throws IOException {
        if (calls.pairs().isEmpty()) {
            return;
        }
        heading("Tool calls", calls.equal());
        if (calls.tooLong()) {
            note(TOO_LONG);
        }
        for (ToolCallDiff call : calls.pairs()) {
            page.markup("<details" + (call.change() == ChangeKind.SAME ? "" : " open") + "><summary>");
            page.code(call.name());
            String what = call.differs().isEmpty()
                    ? ""
                    : " <span class=\"change\">in " + String.join(" and ", call.differs()) + "</span>";
            page.markup(" " + change(call.change()) + what + "</summary>\n");
            ToolCallSide first = call.first();
            ToolCallSide second = call.second();
            outcomes(first, second);
            page.markup("<h4>Arguments</h4>\n");
            values(first == null ? null : first.arguments(), second == null ? null : second.arguments());
            page.markup("<h4>Result</h4>\n");
            values(output(first), output(second));
            page.markup("</details>\n");
        }
    }

    private void outcomes(@Nullable ToolCallSide first, @Nullable ToolCallSide second) throws IOException {
        page.markup("<div class=\"pair\"><div class=\"note\">" + outcome(first) + "</div><div class=\"note\">"
                + outcome(second) + "</div></div>\n");
    }

    /** How it came out, in words of ours. */
    private static String outcome(@Nullable ToolCallSide side) {
        if (side == null) {
            return "not called";
        }
        StringBuilder outcome = new StringBuilder();
        if (side.startedMs() != null) {
            outcome.append("after ").append(number(side.startedMs())).append(" ms");
        }
        if (side.durationMs() != null) {
            outcome.append(", took ").append(number(side.durationMs())).append(" ms");
        }
        ToolCallSide.Result result = side.result();
        String separator = outcome.isEmpty() ? "" : ", ";
        if (result == null) {
            return outcome.append(separator).append("no result").toString();
        }
        outcome.append(separator).append(result.failed() ? "<span class=\"bad\">failed</span>" : "done");
        if (result.exitCode() != null) {
            outcome.append(", exit code ").append(result.exitCode());
        }
        return outcome.append(result.partial() ? ", output as far as it came" : "")
                .toString();
    }

    private static @Nullable JsonNode output(@Nullable ToolCallSide side) {
        ToolCallSide.Result result = side == null ? null : side.result();
        return result == null ? null : result.output();
    }

    private void files(FileDiffs files) throws IOException {
        if (files.pairs().isEmpty()) {
            return;
        }
        heading("Files", files.equal());
        if (files.tooLong()) {
            note(TOO_LONG);
        }
        for (FileDiff file : files.pairs()) {
            FileDiff.FileSide one = file.first() == null ? file.second() : file.first();
            page.markup("<details" + (file.change() == ChangeKind.SAME ? "" : " open") + "><summary>");
            page.code(one == null ? "" : one.name());
            page.markup(" " + change(file.change()) + "</summary>\n");
            pieces(comparer.compare(shown(file.first()), shown(file.second())));
            page.markup("</details>\n");
        }
    }

    private static String shown(FileDiff.@Nullable FileSide file) {
        if (file == null) {
            return "";
        }
        String action = file.action() == null ? "" : file.action() + "\n";
        return file.diff() == null ? action : action + file.diff();
    }

    private void values(@Nullable JsonNode first, @Nullable JsonNode second) throws IOException {
        pieces(comparer.compare(JsonLines.of(first), JsonLines.of(second)));
    }

    private void heading(String title, boolean equal) throws IOException {
        page.markup("<h2>" + title + " <span class=\"change\">" + (equal ? "same" : "different") + "</span></h2>\n");
    }

    private static String change(ChangeKind change) {
        return "<span class=\"change\">"
                + switch (change) {
                    case SAME -> "same";
                    case CHANGED -> "changed";
                    case REMOVED -> "only in the first run";
                    case ADDED -> "only in the second run";
                }
                + "</span>";
    }

    private void note(String ours) throws IOException {
        page.markup("<p class=\"note\">" + ours + "</p>\n");
    }

    private void pieces(TextDiff text) throws IOException {
        if (text.tooLong()) {
            note(TOO_LONG);
        }
        SideRows.of(text.operations(), this::row);
    }

    private void row(SideRows.Row row) throws IOException {
        page.markup("<div class=\"pair " + (row.same() ? "same" : "differs") + "\"><div>");
        side(row, TextOperation.Kind.DELETE, "del");
        page.markup("</div><div>");
        side(row, TextOperation.Kind.INSERT, "ins");
        page.markup("</div></div>\n");
    }

    private void side(SideRows.Row row, TextOperation.Kind own, String tag) throws IOException {
        page.markup("<pre dir=\"auto\">\n");
        for (TextOperation piece : row.pieces()) {
            if (piece.kind() == own) {
                page.markup("<" + tag + ">");
                page.run(piece.text());
                page.markup("</" + tag + ">");
            } else if (piece.kind() == TextOperation.Kind.EQUAL) {
                page.run(piece.text());
            }
        }
        page.markup("</pre>");
    }
}
