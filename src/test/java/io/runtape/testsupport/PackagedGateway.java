package io.runtape.testsupport;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * What tests of the packaged gateway begin with whose database plays no part: one process on H2 for all tests of a class, and an
 * agent API of their own behind it. They share one field each, so these classes run one after the other.
 */
@Execution(ExecutionMode.SAME_THREAD)
public abstract class PackagedGateway {

    @TempDir
    protected static Path data;

    /** The agent API behind the gateway. */
    protected static ScriptedUpstream upstream;

    /** The gateway. */
    protected static GatewayProcess gateway;

    @BeforeAll
    static void start() throws Exception {
        upstream = new ScriptedUpstream();
        gateway = GatewayProcess.start(GatewayProcess.onH2(data.resolve("running"), upstream))
                .ready();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        upstream.close();
    }
}
