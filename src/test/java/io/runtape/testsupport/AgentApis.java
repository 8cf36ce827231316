package io.runtape.testsupport;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The agent APIs of a gateway under test: {@link ScriptedUpstream#shared()} without a prefix, and again below a prefix for
 * each preset.
 */
final class AgentApis {

    private static final List<String> PRESETS =
            List.of("openai", "azure", "anthropic", "gemini", "langgraph", "aisdk", "agui");

    private AgentApis() {}

    /** The settings, to add others to. */
    static Map<String, String> settings() {
        String url = ScriptedUpstream.shared().url();
        Map<String, String> settings = new HashMap<>();
        settings.put(
                "runtape.record-paths",
                "/v1/run,/v1/agents/{agent}/run,/v1/recorded,/v1/threads/{threadId}/runs/stream");
        settings.put("runtape.idempotency-headers", "X-Attempt-Of,X-Stainless-Idempotency-Key");
        settings.put("runtape.upstream.url", url);
        PRESETS.forEach(preset -> settings.put("runtape.upstreams." + preset + ".url", url));
        return settings;
    }
}
