package io.runtape.upstream;

/**
 * The gateway's own credential for an agent API.
 *
 * @param header the header that it is sent in
 * @param value the header's value, a secret
 */
record UpstreamKey(String header, String value) {

    static UpstreamKey of(String header, String key) {
        return new UpstreamKey(header, header.equalsIgnoreCase("Authorization") ? "Bearer " + key : key);
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "UpstreamKey[" + header + "]";
    }
}
