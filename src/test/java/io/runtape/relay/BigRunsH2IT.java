package io.runtape.relay;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.ScriptedUpstream;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

class BigRunsH2IT extends BigRunsIT {

    @TempDir
    static Path dataDir;

    @Override
    Map<String, String> settings(ScriptedUpstream behind) {
        return GatewayProcess.onH2(dataDir, behind);
    }
}
