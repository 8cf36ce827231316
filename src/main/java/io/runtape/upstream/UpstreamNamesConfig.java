package io.runtape.upstream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/**
 * The settings that have no prefix of their own, {@code RUNTAPE_UPSTREAMS} and {@code RUNTAPE_RECORD_PATHS}: which public
 * agent APIs there are, and what is recorded of the one without a prefix.
 */
@ConfigMapping(prefix = "runtape")
public interface UpstreamNamesConfig {

    /**
     * Names of agent APIs that need no other setting, because a preset of that name knows their public address, such as
     * {@code openai,anthropic}. Each is served below a slash and its name.
     */
    Optional<List<String>> upstreams();

    /**
     * The paths whose POST calls are recorded, at the agent API without a prefix; {@code {agent}} stands for one segment
     * and names the agent. Any path works that takes JSON and answers with an event stream or JSON.
     */
    @WithDefault("/v1/run,/v1/agents/{agent}/run")
    List<String> recordPaths();
}
