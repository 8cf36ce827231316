package io.runtape.run;

import java.util.Locale;

/** Why a run failed or was cancelled (contract, section 3). */
public enum RunReason {
    /** The agent API answered something other than 2xx, or an error event ended the stream. */
    UPSTREAM_ERROR,
    /** No connection to the agent API could be had. */
    UPSTREAM_UNREACHABLE,
    /** The agent API's connection closed before its response was whole. */
    UPSTREAM_CLOSED,
    /** No head, or no byte, came in the time that is allowed for it. */
    UPSTREAM_TIMEOUT,
    /** The client went away and had asked that this cancels the run. */
    CLIENT_DISCONNECTED,
    /** A cancel call named the run. */
    CANCEL_REQUESTED,
    /** The gateway was told to stop and the run did not end in time. */
    GATEWAY_STOPPED,
    /** The gateway that recorded the run died. */
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
