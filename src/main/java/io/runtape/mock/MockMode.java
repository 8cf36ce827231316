package io.runtape.mock;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;

/** Whether the gateway answers all recorded paths from recordings. Safe for any thread. */
@Singleton
public final class MockMode {

    private static final String RECORD = "record";
    private static final String REPLAY = "replay";

    private final String mode;

    MockMode(MockConfig config) {
        this.mode = config.mode().strip();
    }

    /** @throws ConfigurationException if there is no such mode, which stops the start */
    void check(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        if (!mode.equals(RECORD) && !mode.equals(REPLAY)) {
            throw new ConfigurationException(
                    "runtape.mode (RUNTAPE_MODE) is '" + mode + "'. Allowed values: " + RECORD + ", " + REPLAY + ".");
        }
    }

    /** Whether no call goes to an agent API. */
    public boolean isReplay() {
        return mode.equals(REPLAY);
    }
}
