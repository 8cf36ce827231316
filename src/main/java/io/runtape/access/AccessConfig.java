package io.runtape.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.util.List;
import java.util.Optional;

/** Who may call, and how their histories are kept apart. */
@ConfigMapping(prefix = "runtape")
interface AccessConfig {
    /**
     * Who may call. {@code caller}: whoever brings a credential; the upstream judges it, and each credential has a history
     * of its own. Another value stops the start.
     */
    @WithDefault("caller")
    String auth();

    /**
     * Whether the history of calls without a credential can be read without one, and whether those calls are repeated by
     * their Idempotency-Key. Unset, only while the built-in demo agent answers: with a real upstream those runs may be
     * anybody's.
     */
    Optional<Boolean> anonymous();

    /**
     * The request headers that are credentials: they tell whose a call is, and are never stored, logged or returned. A call
     * may bring one value in all of them together; two that differ are refused with 400. Name only what the agent API
     * judges: whoever may choose a value that nobody judges is a new owner with each call.
     */
    @WithDefault("X-API-Key,Authorization")
    List<String> credentialHeaders();

    /**
     * The secret that owners are derived from with HMAC-SHA-256, at least 16 characters. Unset, a random one is made at the
     * first start and kept in the database. Set it where that database must not be enough to try credentials against
     * the owners in it. A changed one stops the start, since every caller would lose sight of its history.
     */
    Optional<String> secret();

    /** The upstream, read here only to tell whether it is the built-in demo agent, which answers where no URL is set. */
    @WithName("upstream.url")
    Optional<String> upstreamUrl();
}
