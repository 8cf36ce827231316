package io.runtape.access;

import java.util.List;

/** What the agent APIs behind the gateway have to do with credentials. */
public interface GatewayCredentials {

    /** The headers that credentials of the configured kinds of agent API come in, beside those that the operator names. */
    List<String> headers();

    /** Whether only the built-in demo agent answers, which judges nobody. */
    boolean isDemo();
}
