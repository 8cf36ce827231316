package io.runtape.upstream;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.ScriptedUpstream;
import java.util.Map;

class UpstreamConnectionPostgresIT extends UpstreamConnectionIT {

    @Override
    Map<String, String> settings(ScriptedUpstream upstream) throws Exception {
        return GatewayProcess.onPostgres(PostgresServer.freshDatabase(), upstream);
    }
}
