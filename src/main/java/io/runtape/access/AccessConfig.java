package io.runtape.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** Who may call, and how their histories are kept apart. */
@ConfigMapping(prefix = "runtape")
interface AccessConfig {
    /**
     * Who may call. {@code caller}: any caller with a credential; the agent API judges it, and each credential has a
     * history of its own. Another value stops the start.
     */
    @WithDefault("caller")
    String auth();

    /**
     * Whether callers without a credential can read the history of such calls, and whether an Idempotency-Key repeats
     * them. Unset, only while the built-in demo agent answers: with a real agent API those runs may belong to anybody.
     */
    Optional<Boolean> anonymous();

    /**
     * The request headers that are credentials: they say who owns a call, and are never stored, logged or returned. A
     * call may bring only one value in all of them together; two that differ get 400. Name only headers that the agent
     * API judges: with any other header a caller can invent a value, and be a new owner, for each call.
     */
    @WithDefault("X-API-Key,Authorization")
    List<String> credentialHeaders();

    /**
     * The key that turns a credential into an owner (HMAC-SHA-256), at least 16 characters. Unset, the first start
     * makes a random one and keeps it in the database. Set it if somebody with the database must not be able to try
     * credentials against its owners. A changed secret stops the start, since every caller would lose sight of its
     * history.
     */
    Optional<String> secret();
}
