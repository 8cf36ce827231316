package io.runtape.transcript;

import io.runtape.dialect.JsonLines;
import io.runtape.dialect.OpenMessage;
import io.runtape.dialect.OpenPart;
import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a document once, and has each piece of it written in a form. A tool's result stands with its call. Pieces
 * are written one by one, so that the text is never in memory as a whole: a template engine resolves a template before it
 * writes it, and a run may have millions of parts. Confined to one thread.
 */
abstract class DocumentWriter {

    /** The calls of the present run whose results stand with them, or below. */
    private final Set<String> answered = new HashSet<>();

    /** What is said of other calls. */
    private String unanswered = "";

    /** Writes the document, which cannot be read again. */
    final void write(TranscriptDocument document) throws IOException {
        begin(document);
        for (RunSection section : document.sections()) {
            RunFacts facts = section.facts();
            beginRun(facts.id(), facts.all());
            RunFacts.@Nullable Fact error = facts.error();
            if (error != null) {
                error(facts.errorHeading(), error.name(), error.value());
            }
            noteAnswered(section);
            // What the caller knows of a call that it sent again need not stand in this run.
            unanswered = "";
            for (TranscriptMessage message : section.asked()) {
                closed(message);
            }
            unanswered = section.live() ? "no result yet" : "no result in this run";
            for (TranscriptMessage message : section.said()) {
                closed(message);
            }
            for (OpenMessage message : section.open()) {
                open(message, section.firstEventAt());
            }
            endRun();
        }
        if (document.truncated()) {
            error("Truncated", "", "Something was too long and is left out.");
        }
        end();
    }

    private void noteAnswered(RunSection section) {
        answered.clear();
        for (List<TranscriptMessage> messages : List.of(section.asked(), section.said())) {
            // By their places, since an iteration reads them, which is possible once.
            for (int i = 0; i < messages.size(); i++) {
                messages.get(i).parts().forEach(this::noteAnswered);
            }
        }
        for (int i = 0; i < section.open().size(); i++) {
            section.open().get(i).parts().forEach(part -> noteAnswered(part.part()));
        }
    }

    private void noteAnswered(Part part) {
        if (part instanceof Part.ToolResult result) {
            answered.add(result.callId());
        }
    }

    private void closed(TranscriptMessage message) throws IOException {
        beginMessage(message.role(), message.createdAt());
        ToolResults results = new ToolResults(message.parts());
        for (int i = 0; i < message.parts().size(); i++) {
            if (!results.isTold(i)) {
                part(message.parts().get(i), results.of(i), null);
            }
        }
        endMessage();
    }

    private void open(OpenMessage message, @Nullable Instant at) throws IOException {
        beginMessage(message.role(), at);
        List<OpenPart> parts = message.parts();
        ToolResults results = new ToolResults(parts.stream().map(OpenPart::part).toList());
        for (int i = 0; i < parts.size(); i++) {
            OpenPart open = parts.get(i);
            if (!results.isTold(i) && !isPlaceholder(open.part())) {
                part(open.part(), results.of(i), open.arguments());
                if (open.open()) {
                    unfinished();
                }
            }
        }
        endMessage();
    }

    /** Whether it only keeps the place of a text that has not begun. */
    private static boolean isPlaceholder(Part part) {
        return part instanceof Part.Text text && text.text().isEmpty()
                || part instanceof Part.Reasoning reasoning && reasoning.text().isEmpty();
    }

    private void part(Part part, Part.@Nullable ToolResult result, @Nullable String arguments) throws IOException {
        if (part instanceof Part.Text text) {
            text(text.text());
        } else if (part instanceof Part.Reasoning reasoning) {
            reasoning(reasoning.text());
        } else if (part instanceof Part.ToolCall call) {
            String outcome = result != null ? outcome(result) : answered.contains(call.id()) ? "" : unanswered;
            call(call.name(), arguments == null ? JsonLines.of(call.input()) : arguments, result, outcome);
        } else if (part instanceof Part.ToolResult alone) {
            result(alone, outcome(alone));
        } else if (part instanceof Part.FilePart file) {
            file(file);
        } else if (part instanceof Part.ErrorPart error) {
            error("Error", error.code(), error.message());
        }
    }

    /** How a tool came out, in a few words. */
    private static String outcome(Part.ToolResult result) {
        String exit = result.exitCode() == null ? "" : "exit code " + result.exitCode();
        String failed = result.failed() ? "failed" : "";
        String partial = result.partial() ? "output as far as it came" : "";
        return List.of(failed, exit, partial).stream()
                .filter(word -> !word.isEmpty())
                .reduce((one, other) -> one + ", " + other)
                .orElse("");
    }

    static String address(Part.FilePart file) {
        String path = file.path() == null ? file.url() : file.path();
        return path == null ? "" : path;
    }

    abstract void begin(TranscriptDocument document) throws IOException;

    abstract void end() throws IOException;

    abstract void beginRun(String id, List<RunFacts.Fact> facts) throws IOException;

    abstract void endRun() throws IOException;

    /** @param at null if it is not known */
    abstract void beginMessage(Role role, @Nullable Instant at) throws IOException;

    abstract void endMessage() throws IOException;

    abstract void text(String text) throws IOException;

    abstract void reasoning(String text) throws IOException;

    /**
     * @param result null if none came
     * @param outcome how it came out, in a few words; may be empty
     */
    abstract void call(String tool, String arguments, Part.@Nullable ToolResult result, String outcome)
            throws IOException;

    /** A result whose call is not in the same message. */
    abstract void result(Part.ToolResult result, String outcome) throws IOException;

    abstract void file(Part.FilePart file) throws IOException;

    /** @param heading ours */
    abstract void error(String heading, String code, String message) throws IOException;

    /** The part before may go on. */
    abstract void unfinished() throws IOException;
}
