package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.json.LeanTree;
import org.jspecify.annotations.Nullable;

/** A part while events still add to it. Confined to the transcript that folds it. */
sealed interface PartDraft {
    Part part();

    /** Text or reasoning, joined from deltas until a full message settles it. */
    final class Prose implements PartDraft {
        final boolean reasoning;
        private final StringBuilder text;
        private boolean settled;

        Prose(boolean reasoning, String text, boolean settled) {
            this.reasoning = reasoning;
            this.text = new StringBuilder(text);
            this.settled = settled;
        }

        boolean takes(boolean reasoningDelta) {
            return !settled && reasoning == reasoningDelta;
        }

        boolean isSettled() {
            return settled;
        }

        void append(String delta) {
            text.append(delta);
        }

        void settle() {
            settled = true;
        }

        void replace(String whole) {
            text.setLength(0);
            text.append(whole);
        }

        /** The text so far; do not keep it. */
        CharSequence said() {
            return text;
        }

        @Override
        public Part part() {
            return reasoning ? new Part.Reasoning(text.toString()) : new Part.Text(text.toString());
        }
    }

    /** A tool call, which may be announced before its arguments are known. */
    final class Call implements PartDraft {
        final String id;
        String name;

        @Nullable
        JsonNode input;

        @Nullable
        Result result;

        Call(String id, String name, @Nullable JsonNode input) {
            this.id = id;
            this.name = name;
            take(input);
        }

        void take(@Nullable JsonNode arguments) {
            input = arguments == null ? input : LeanTree.compact(arguments);
        }

        boolean isOpen() {
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

        Result(String callId, String name) {
            this.callId = callId;
            this.name = name;
        }

        boolean isGiven() {
            return given;
        }

        void stream(String delta) {
            streamed.append(delta);
        }

        void give(@Nullable JsonNode whole, @Nullable Integer code, boolean failure) {
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
