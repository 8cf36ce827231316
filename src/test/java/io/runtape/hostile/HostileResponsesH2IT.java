package io.runtape.hostile;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.ScriptedUpstream;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

class HostileResponsesH2IT extends HostileResponsesIT {

    @TempDir
    static Path dataDir;

    @Override
    Map<String, String> settings(ScriptedUpstream behind) {
        return GatewayProcess.onH2(dataDir, behind);
    }
}
