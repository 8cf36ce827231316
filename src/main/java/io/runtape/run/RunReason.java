package io.runtape.run;

import java.util.Locale;

/** Why a run failed or was cancelled (docs/reference/http-api.md, "Runs"). */
public enum RunReason {
    /** The agent API answered with a status outside 2xx, or an error event ended the stream. */
    UPSTREAM_ERROR,
    /** The gateway got no connection to the agent API. */
    UPSTREAM_UNREACHABLE,
    /** The agent API's connection closed before its response was whole. */
    UPSTREAM_CLOSED,
    /** No head, or no byte, came in the allowed time. */
    UPSTREAM_TIMEOUT,
    /** The client went away, and had asked for a cancel in that case. */
    CLIENT_DISCONNECTED,
    /** A cancel call named the run. */
    CANCEL_REQUESTED,
    /** The gateway was told to stop and the run did not end in time. */
    GATEWAY_STOPPED,
    /** The gateway that recorded the run died, or failed at it by a fault of its own. */
    GATEWAY_LOST,
    /** The database did not take the run's frames in time. */
    STORE_UNAVAILABLE;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The name in JSON and in the table. */
    public String label() {
        return label;
    }

    /** The reason of that name, which is one of the table's. */
    public static RunReason ofLabel(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }
}
