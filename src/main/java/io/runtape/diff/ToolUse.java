package io.runtape.diff;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.Part;
import io.runtape.run.Sha256;
import io.runtape.transcript.PlacedPart;
import io.runtape.transcript.ToolResults;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tool call with its result, or a result whose call is not known.
 *
 * @param name the tool, empty if it is not named
 * @param argumentsForm a digest of the arguments
 * @param resultForm a digest of the result
 */
record ToolUse(String name, ToolCallSide side, String argumentsForm, String resultForm) {

    /** The tool calls among some parts of a run, in their order. */
    static List<ToolUse> of(List<PlacedPart> said) {
        List<Part> parts = said.stream().map(PlacedPart::part).toList();
        ToolResults results = new ToolResults(parts);
        Map<Part, PlacedPart> places = new IdentityHashMap<>();
        said.forEach(placed -> places.put(placed.part(), placed));
        List<ToolUse> uses = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i) instanceof Part.ToolCall call) {
                Part.ToolResult result = results.of(i);
                uses.add(
                        of(call.name(), said.get(i), call.input(), result, result == null ? null : places.get(result)));
            } else if (parts.get(i) instanceof Part.ToolResult alone && !results.isTold(i)) {
                uses.add(of(alone.name(), said.get(i), null, alone, null));
            }
        }
        return uses;
    }

    private static ToolUse of(
            String name,
            PlacedPart at,
            @Nullable JsonNode arguments,
            Part.@Nullable ToolResult result,
            @Nullable PlacedPart end) {
        boolean timed = at.offsetMicros() >= 0;
        long endMicros = end == null ? -1 : end.offsetMicros();
        boolean ended = timed && endMicros >= at.offsetMicros();
        ToolCallSide side = new ToolCallSide(
                at.sequence() == 0 ? null : at.sequence(),
                arguments,
                ToolCallSide.Result.of(result),
                timed ? Long.valueOf(at.offsetMicros() / 1000) : null,
                ended ? Long.valueOf((endMicros - at.offsetMicros()) / 1000) : null);
        String outcome = result == null
                ? ""
                : result.exitCode() + " " + result.failed() + " " + result.partial() + " "
                        + JsonForm.of(result.output());
        return new ToolUse(name, side, digest(JsonForm.of(arguments)), digest(outcome));
    }

    /** Two calls beside each other; one may be missing. */
    static ToolCallDiff diff(@Nullable ToolUse first, @Nullable ToolUse second) {
        List<String> differs = new ArrayList<>();
        if (first != null && second != null) {
            if (!first.argumentsForm.equals(second.argumentsForm)) {
                differs.add("arguments");
            }
            if (!first.resultForm.equals(second.resultForm)) {
                differs.add("result");
            }
        }
        @Nullable ToolUse one = first == null ? second : first;
        return new ToolCallDiff(
                ChangeKind.of(first, second, differs.isEmpty()),
                one == null ? "" : one.name,
                differs,
                first == null ? null : first.side,
                second == null ? null : second.side);
    }

    /** Texts may be long, and are compared many times. */
    static String digest(String text) {
        return new Sha256().add(text.getBytes(StandardCharsets.UTF_8)).hex();
    }
}
