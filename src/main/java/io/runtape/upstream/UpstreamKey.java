package io.runtape.upstream;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.regex.Pattern;

/**
 * The gateway's own credential for an agent API.
 *
 * @param header the header that it is sent in
 * @param value the header's value, a secret
 */
record UpstreamKey(String header, String value) {

    private static final String BEARER = "Bearer ";

    /** Visible ASCII (RFC 5234, VCHAR), as every agent API's keys are, and a header can carry. */
    private static final Pattern FIT = Pattern.compile("[!-~]+");

    /**
     * The key that an operator set.
     *
     * @param setting the setting that has the key, for the message
     * @throws ConfigurationException if no header can carry it, which stops the start
     */
    static UpstreamKey of(String header, String key, String setting) {
        if (!FIT.matcher(key).matches()) {
            // Without quoting the value, which is a secret.
            throw new ConfigurationException(
                    setting + " cannot be used. A key is one word of visible ASCII characters.");
        }
        return new UpstreamKey(header, header.equalsIgnoreCase("Authorization") ? BEARER + key : key);
    }

    /** Whether a text has the secret in it. */
    boolean isIn(String text) {
        return text.contains(value.startsWith(BEARER) ? value.substring(BEARER.length()) : value);
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "UpstreamKey[" + header + "]";
    }
}
