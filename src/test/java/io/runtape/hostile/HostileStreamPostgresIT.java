package io.runtape.hostile;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.ScriptedUpstream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

class HostileStreamPostgresIT extends HostileStreamIT {

    private final String database = PostgresServer.freshDatabase();

    @Override
    Map<String, String> settings(ScriptedUpstream behind) {
        return recording(GatewayProcess.onPostgres(database, behind));
    }

    @Override
    long storedBytes() throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("""
                        select pg_total_relation_size('packed_block') + sum(pg_total_relation_size(inhrelid))
                        from pg_inherits where inhparent = 'block'::regclass""")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    boolean storesFramesApart() {
        return true;
    }
}
