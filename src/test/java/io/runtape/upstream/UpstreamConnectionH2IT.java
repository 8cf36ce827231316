package io.runtape.upstream;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.ScriptedUpstream;
import java.nio.file.Files;
import java.util.Map;

class UpstreamConnectionH2IT extends UpstreamConnectionIT {

    @Override
    Map<String, String> settings(ScriptedUpstream upstream) throws Exception {
        return GatewayProcess.onH2(Files.createTempDirectory(directory, "data"), upstream);
    }
}
