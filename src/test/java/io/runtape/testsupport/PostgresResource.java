package io.runtape.testsupport;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/** A gateway on an empty PostgreSQL database, in front of {@link ScriptedUpstream#shared()}. */
public final class PostgresResource implements QuarkusTestResourceLifecycleManager {

    @Override
    public Map<String, String> start() {
        Map<String, String> settings = AgentApis.settings();
        settings.put("runtape.database-url", PostgresServer.freshDatabase());
        return settings;
    }

    @Override
    public void stop() {
        // Both servers live as long as the JVM: tests of the next start may use them.
    }
}
