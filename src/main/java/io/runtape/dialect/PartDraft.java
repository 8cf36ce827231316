package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.json.LeanTree;
import org.jspecify.annotations.Nullable;

/** A part while events still add to it. Confined to the transcript that folds it. */
public sealed interface PartDraft {
    /** The part so far. */
    Part part();

    /** Text or reasoning, joined from deltas until a full message settles it. */
    final class Prose implements PartDraft {
        private final boolean reasoning;
        private final StringBuilder text;
        private boolean settled;

        /** @param settled whether the text is a whole one, so that no delta belongs to it */
        public Prose(boolean reasoning, String text, boolean settled) {
            this.reasoning = reasoning;
            this.text = new StringBuilder(text);
            this.settled = settled;
        }

        /** Whether this is the model's reasoning rather than its text. */
        public boolean isReasoning() {
            return reasoning;
        }

        /** Whether a delta of this kind belongs to this text. */
        public boolean takes(boolean reasoningDelta) {
            return !settled && reasoning == reasoningDelta;
        }

        /** Whether the text has come whole. */
        public boolean isSettled() {
            return settled;
        }

        /** Adds a delta. */
        public void append(String delta) {
            text.append(delta);
        }

        /** Closes the text: no further delta belongs to it. */
        public void settle() {
            settled = true;
        }

        /** Puts a whole text in the place of the deltas so far. */
        public void replace(String whole) {
            text.setLength(0);
            text.append(whole);
        }

        /** The text so far; do not keep it. */
        public CharSequence said() {
            return text;
        }

        @Override
        public Part part() {
            return reasoning ? new Part.Reasoning(text.toString()) : new Part.Text(text.toString());
        }
    }

    /** A tool call, which may be announced before its arguments are known. */
    final class Call implements PartDraft {
        private final String id;
        private String name;
        private @Nullable JsonNode input;
        private @Nullable Result result;

        /**
         * @param name the tool; empty if it is not named yet
         * @param input the arguments; null if they are not known yet
         */
        public Call(String id, String name, @Nullable JsonNode input) {
            this.id = id;
            this.name = name;
            take(input);
        }

        /** The id that pairs the call with its result. */
        public String id() {
            return id;
        }

        /** The tool; empty if no event has named it. */
        public String name() {
            return name;
        }

        /** Takes the name that a later event gives; an empty one changes nothing. */
        public void rename(String later) {
            name = later.isEmpty() ? name : later;
        }

        /** The arguments; null if they are not known. */
        public @Nullable JsonNode input() {
            return input;
        }

        /** Takes the arguments; null changes nothing. */
        public void take(@Nullable JsonNode arguments) {
            input = arguments == null ? input : LeanTree.compact(arguments);
        }

        /** The result, as far as it has come; null if it has not begun. */
        public @Nullable Result result() {
            return result;
        }

        /** Takes the result that begins. */
        public void begin(Result fresh) {
            result = fresh;
        }

        /** Whether the whole result is still to come. */
        public boolean isOpen() {
            return result == null || !result.isGiven();
        }

        @Override
        public Part part() {
            return new Part.ToolCall(id, name, input);
        }
    }

    /** The result of a tool: first streamed, then as a whole. */
    final class Result implements PartDraft {
        private final String callId;
        private final String name;
        private final StringBuilder streamed = new StringBuilder();
        private @Nullable JsonNode output;
        private @Nullable Integer exitCode;
        private boolean failed;
        private boolean given;

        /**
         * @param callId the call of this result; empty if no call fits
         * @param name the tool; empty if it is not named
         */
        public Result(String callId, String name) {
            this.callId = callId;
            this.name = name;
        }

        /** Whether the result has come whole. */
        public boolean isGiven() {
            return given;
        }

        /** Adds a piece of the output. */
        public void stream(String delta) {
            streamed.append(delta);
        }

        /**
         * Takes the whole result, which replaces the pieces.
         *
         * @param whole the output; null leaves what there is
         * @param code the exit code of a command; null leaves what there is
         * @param failure whether the tool failed; once it has, it stays so
         */
        public void give(@Nullable JsonNode whole, @Nullable Integer code, boolean failure) {
            given = true;
            output = whole == null ? output : LeanTree.compact(whole);
            exitCode = code == null ? exitCode : code;
            failed |= failure;
        }

        @Override
        public Part part() {
            JsonNode whole = output == null && !streamed.isEmpty() ? TextNode.valueOf(streamed.toString()) : output;
            return new Part.ToolResult(callId, name, whole, exitCode, failed, !given);
        }
    }

    /** A part that one event gives as a whole. */
    record Whole(Part part) implements PartDraft {}
}
