package io.runtape.dialect.runtools;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.PartDraft;
import io.runtape.dialect.PartDraft.Call;
import io.runtape.dialect.PartDraft.Result;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The tool calls of a transcript. Matches later events to their calls: by id, or by order if they have no id. */
final class ToolCalls {
    private final Map<String, Placed> byId = new HashMap<>();
    private final OpenCalls open = new OpenCalls();
    private final Map<String, Result> strays = new HashMap<>();
    private @Nullable Placed announced;

    /**
     * A call.
     *
     * @param place where it stands among all calls
     */
    private record Placed(int place, Call call) {}

    /** Takes a call. Returns it if it is new; null if it completes a call that was announced before. */
    @Nullable
    Call called(@Nullable String id, String name, @Nullable JsonNode input) {
        @Nullable Placed known = id == null ? announcedAs(name) : byId.get(id);
        if (known != null) {
            open.rename(known.place, known.call, name);
            known.call.take(input);
            announced = null;
            return null;
        }
        String own = id == null ? "call-" + (byId.size() + 1) : id;
        // A call of the runtime's may have this id; then the new one stands for both.
        @Nullable Placed before = byId.get(own);
        Placed placed = new Placed(before == null ? byId.size() : before.place, new Call(own, name, input));
        byId.put(own, placed);
        open.put(placed.place, placed.call);
        announced = id == null && input == null ? placed : null;
        return placed.call;
    }

    /** Whether the next call of this name, without an id, completes this one. */
    boolean isAnnounced(Call call) {
        return announced != null && announced.call == call;
    }

    private @Nullable Placed announcedAs(String name) {
        @Nullable Placed last = announced;
        return last != null && last.call.isOpen() && last.call.name().equals(name) ? last : null;
    }

    /**
     * The result that an output belongs to: the result of the call with this id, or else of the oldest open call,
     * preferably one with this name. If no call fits, the output has a result of its own.
     *
     * @param begun takes the result if it is new
     */
    Result result(@Nullable String id, @Nullable String name, Consumer<PartDraft> begun) {
        @Nullable Call call = id == null ? open.oldest(name) : withId(id);
        if (call == null) {
            return stray(id == null ? "" : id, name == null ? "" : name, begun);
        }
        Result result = call.result();
        if (result == null) {
            result = new Result(call.id(), call.name());
            call.begin(result);
            begun.accept(result);
        }
        return result;
    }

    private Result stray(String id, String name, Consumer<PartDraft> begun) {
        Result known = strays.get(id);
        if (known != null && !(id.isEmpty() && known.isGiven())) {
            return known;
        }
        Result result = new Result(id, name);
        strays.put(id, result);
        begun.accept(result);
        return result;
    }

    private @Nullable Call withId(String id) {
        @Nullable Placed placed = byId.get(id);
        return placed == null ? null : placed.call;
    }
}
