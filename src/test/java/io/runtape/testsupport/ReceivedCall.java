package io.runtape.testsupport;

import java.util.List;

/**
 * A request that reached the scripted agent API.
 *
 * @param head its head as it came
 * @param body its body; empty where the script read it by itself
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record ReceivedCall(RawHead head, byte[] body) {

    public String method() {
        return head.startLine().split(" ", 3)[0];
    }

    /** Path and query as they came. */
    public String target() {
        return head.startLine().split(" ", 3)[1];
    }

    /** The header lines in order, in their own case. */
    public List<String> lines() {
        return head.lines();
    }
}
