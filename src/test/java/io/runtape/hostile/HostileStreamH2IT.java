package io.runtape.hostile;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

class HostileStreamH2IT extends HostileStreamIT {

    @TempDir
    static Path dataDir;

    @Override
    Map<String, String> settings(ScriptedUpstream behind) {
        return recording(GatewayProcess.onH2(dataDir, behind));
    }

    @Override
    long storedBytes() throws IOException {
        return Files.size(dataDir.resolve("runtape.mv.db"));
    }

    /** One file has everything, and may become shorter by what it no longer needs. */
    @Override
    boolean storesFramesApart() {
        return false;
    }
}
