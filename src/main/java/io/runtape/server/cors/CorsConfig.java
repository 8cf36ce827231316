package io.runtape.server.cors;

import io.smallrye.config.ConfigMapping;
import java.util.List;
import java.util.Optional;

/** Which pages of other origins may call from a browser. */
@ConfigMapping(prefix = "runtape")
interface CorsConfig {

    /**
     * The origins whose pages may call the gateway from a browser: {@code https://app.example.com}, or a regular
     * expression between slashes that a whole origin must match. Unset, the gateway takes no part in CORS: the agent
     * API's own response to a browser passes as it is, and the history is open to no page. A page of an origin named
     * here may do everything that its credential allows.
     */
    Optional<List<String>> corsOrigins();
}
