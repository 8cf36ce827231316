package io.runtape.retention;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithParentName;
import java.util.Map;
import java.util.Optional;

/**
 * {@code RUNTAPE_RETENTION_RULES_<NAME>_…}: how long the runs of an agent or a path are kept. A run goes by the first rule, in
 * the order of the names, that is for it; what that rule does not set comes from {@link RetentionConfig}.
 */
@ConfigMapping(prefix = "runtape.retention.rules")
public interface RetentionRulesConfig {

    /** The rules by their names, in lower case. */
    @WithParentName
    Map<String, Rule> byName();

    /** One of them. */
    interface Rule {

        /** The agent whose runs it is for. Unset: any, and runs without one. */
        Optional<String> agent();

        /** The path whose runs it is for, prefix included, as in the recorded paths. Unset: any. */
        Optional<String> path();

        /** In the place of {@link RetentionConfig#retention()}. */
        Optional<String> after();

        /** In the place of {@link RetentionConfig#retentionFrames()}. */
        Optional<String> framesAfter();
    }
}
