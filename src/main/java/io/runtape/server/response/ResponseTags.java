package io.runtape.server.response;

import io.quarkus.runtime.util.HashUtil;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes entity tags. Safe for any thread. */
@Singleton
public final class ResponseTags {

    /** Enough hexadecimal digits of a digest that two responses never share them. */
    private static final int CHARS = 36;

    private final String version;

    /** @param version the gateway's version: the next one may show the same state in another way */
    ResponseTags(@ConfigProperty(name = "quarkus.application.version") String version) {
        this.version = version;
    }

    /**
     * The tag of a response.
     *
     * @param state differs whenever the shown content differs
     * @param form names the shown part of the state and its form, with everything else that the response depends on
     */
    public ResponseTag of(String state, String form) {
        return new ResponseTag(
                HashUtil.sha256(String.join("\n", version, form, state)).substring(0, CHARS));
    }
}
