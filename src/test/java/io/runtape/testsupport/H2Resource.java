package io.runtape.testsupport;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;

/** A gateway on an empty embedded database, in front of {@link ScriptedUpstream#shared()}. */
public final class H2Resource implements QuarkusTestResourceLifecycleManager {

    @Override
    public Map<String, String> start() {
        try {
            Map<String, String> settings = AgentApis.settings();
            // What the environment of the build sets must not win.
            settings.put("runtape.database-url", "");
            settings.put(
                    "runtape.data-dir",
                    Files.createTempDirectory("runtape-test-").toString());
            return settings;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {
        // The application may still have the file open; the system clears its directory for temporary files.
    }
}
