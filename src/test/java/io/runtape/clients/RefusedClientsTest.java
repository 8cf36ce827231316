package io.runtape.clients;

import org.junit.jupiter.api.Test;

/** The gateway's own errors as the clients show them: its message, its code and the id of the request. */
abstract class RefusedClientsTest extends ClientScenarios {

    @Test
    void clientsShowWhatTheGatewaySays() throws Exception {
        run("refused.mjs", "openai");
    }
}
