package io.runtape.upstream;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithParentName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code RUNTAPE_UPSTREAMS_<NAME>_…}: further agent APIs, by name, each below a prefix of its own (docs/reference/http-api.md, "Several agent APIs"). What is
 * not set here comes from the preset, then from the settings that hold for all agent APIs.
 */
@ConfigMapping(prefix = "runtape.upstreams")
public interface NamedUpstreamsConfig {

    /** The agent APIs by their names, in lower case. */
    @WithParentName
    Map<String, NamedUpstream> byName();

    /** One of them. */
    interface NamedUpstream {

        /**
         * The kind of agent API, which gives all else its default: {@code openai}, {@code azure}, {@code anthropic},
         * {@code gemini}, {@code langgraph}, {@code aisdk} or {@code agui}. Unset: the name, where it is one of these.
         */
        Optional<String> preset();

        /** Its origin and an optional path. Unset: the preset's, which only public agent APIs have. */
        Optional<String> url();

        /**
         * The path below which the gateway serves it, such as {@code /openai}; the rest of the call's path is appended to
         * the URL. {@code /}: everything that no other prefix matches. Unset: a slash and the name.
         */
        Optional<String> prefix();

        /** The paths, without the prefix, whose POST calls are recorded. Unset: the preset's, else RunTools'. */
        Optional<List<String>> recordPaths();

        /** The dialect of its runs; {@code auto} reads it from the first events. Unset: the preset's, else auto. */
        Optional<String> dialect();

        /**
         * The key that the gateway sends instead of the caller's credential, in the preset's header. Unset: the caller's
         * own credential passes.
         */
        Optional<String> apiKey();

        /**
         * The path that cancels a run, with {@code {runId}} and {@code {threadId}}. Unset: the preset's, else that of the
         * run's dialect.
         */
        Optional<String> cancelPath();

        /** What happens to a run whose client is gone: {@code continue} or {@code cancel}. Unset: continue. */
        Optional<String> onDisconnect();

        /** How long the head of a response may take. Unset: as for all agent APIs. */
        Optional<Duration> timeout();

        /** How long a response may be silent. Unset: as for all agent APIs. */
        Optional<Duration> idleTimeout();

        /** The largest body of a recorded call. Unset: the preset's, else as for all agent APIs. */
        Optional<MemorySize> maxBody();
    }
}
