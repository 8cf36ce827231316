package io.runtape.testsupport;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/** A gateway on an empty PostgreSQL database, in front of {@link ScriptedUpstream#shared()}. */
public final class PostgresResource implements QuarkusTestResourceLifecycleManager {

    @Override
    public Map<String, String> start() {
        return Map.of(
                "runtape.database-url", PostgresServer.freshDatabase(),
                "runtape.record-paths", "/v1/run,/v1/agents/{agent}/run,/v1/recorded",
                "runtape.upstream.url", ScriptedUpstream.shared().url());
    }

    @Override
    public void stop() {
        // Both servers live as long as the JVM: tests of the next start may use them.
    }
}
