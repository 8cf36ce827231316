package io.runtape.dialect.runtools;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.PartDraft;
import io.runtape.dialect.PartDraft.Call;
import io.runtape.dialect.PartDraft.Result;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The tool calls of a transcript. Matches later events to their calls: by id, or by order if they have no id. */
final class ToolCalls {
    private final Map<String, Call> byId = new LinkedHashMap<>();
    private final Map<String, Result> strays = new HashMap<>();
    private @Nullable Call announced;

    /** Takes a call. Returns it if it is new; null if it completes a call that was announced before. */
    @Nullable
    Call called(@Nullable String id, String name, @Nullable JsonNode input) {
        Call known = id == null ? announcedAs(name) : byId.get(id);
        if (known != null) {
            known.rename(name);
            known.take(input);
            announced = null;
            return null;
        }
        String own = id == null ? "call-" + (byId.size() + 1) : id;
        Call call = new Call(own, name, input);
        byId.put(own, call);
        announced = id == null && input == null ? call : null;
        return call;
    }

    /** Whether the next call of this name, without an id, completes this one. */
    boolean isAnnounced(Call call) {
        return announced == call;
    }

    private @Nullable Call announcedAs(String name) {
        return announced != null && announced.isOpen() && announced.name().equals(name) ? announced : null;
    }

    /**
     * The result that an output belongs to: the result of the call with this id, or else of the oldest open call,
     * preferably one with this name. If no call fits, the output has a result of its own.
     *
     * @param begun takes the result if it is new
     */
    Result result(@Nullable String id, @Nullable String name, Consumer<PartDraft> begun) {
        Call call = id == null ? oldestOpen(name) : byId.get(id);
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

    private @Nullable Call oldestOpen(@Nullable String name) {
        Call oldest = null;
        for (Call call : byId.values()) {
            if (call.isOpen()) {
                if (call.name().equals(name)) {
                    return call;
                }
                oldest = oldest == null ? call : oldest;
            }
        }
        return oldest;
    }
}
