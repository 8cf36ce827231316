package io.runtape.transcript;

import io.runtape.dialect.Part;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which of some tool results belongs to which call among the same parts: the first one behind the call that names it. */
public final class ToolResults {

    private final List<Part> parts;
    private final Map<Integer, Integer> resultOf = new HashMap<>();
    private final BitSet paired = new BitSet();

    public ToolResults(List<Part> parts) {
        this.parts = parts;
        Map<String, Integer> calls = new HashMap<>();
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i) instanceof Part.ToolCall call) {
                calls.put(call.id(), i);
            } else if (parts.get(i) instanceof Part.ToolResult result) {
                @Nullable Integer call = calls.remove(result.callId());
                if (call != null) {
                    resultOf.put(call, i);
                    paired.set(i);
                }
            }
        }
    }

    /** The result of the call at this index; null if it has none. */
    public Part.@Nullable ToolResult of(int call) {
        @Nullable Integer result = resultOf.get(call);
        return result == null ? null : (Part.ToolResult) parts.get(result);
    }

    /** Whether the part at this index is the result of one of the calls. */
    public boolean isTold(int part) {
        return paired.get(part);
    }
}
