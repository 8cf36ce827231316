package io.runtape.hostile;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.ScriptedUpstream;
import java.util.Map;

class HostileResponsesPostgresIT extends HostileResponsesIT {

    @Override
    Map<String, String> settings(ScriptedUpstream behind) {
        return GatewayProcess.onPostgres(PostgresServer.freshDatabase(), behind);
    }
}
