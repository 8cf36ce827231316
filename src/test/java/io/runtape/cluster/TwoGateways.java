package io.runtape.cluster;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Gateways on one database of their own, in front of one agent API. Confined to one thread, but for what its parts allow. */
public final class TwoGateways implements AutoCloseable {

    public static final String CREDENTIAL = "X-API-Key: two-gateways";

    static final String STREAM = "Accept: text/event-stream";

    private final String database = PostgresServer.freshDatabase();
    private final RunTable table = new RunTable(() -> PostgresServer.connect(database));
    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final List<GatewayProcess> started = new ArrayList<>();

    /** Starts one more, with these settings besides: names and values in turn. It has answered a call when this returns. */
    public GatewayProcess start(String... settings) throws IOException {
        Map<String, String> all = GatewayProcess.onPostgres(database, upstream);
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        GatewayProcess gateway = GatewayProcess.start(all, "-XX:TieredStopAtLevel=1", "-Xmx256m");
        started.add(gateway);
        try (WireResponse response = post(gateway, Script.stream("data: first\n\n"))) {
            response.whole();
        }
        return gateway;
    }

    public ScriptedUpstream upstream() {
        return upstream;
    }

    public RunTable table() {
        return table;
    }

    public String database() {
        return database;
    }

    /** Begins a run that the script answers. */
    WireResponse post(GatewayProcess gateway, Script script, String... headerLines) throws IOException {
        List<String> lines =
                new ArrayList<>(List.of(CREDENTIAL, upstream.on(script).header()));
        lines.addAll(Arrays.asList(headerLines));
        return gateway.client().post("/v1/run", "{\"agent\":\"a\"}", lines.toArray(String[]::new));
    }

    /** A tail of a run or a thread, by its path and query after {@code /history/v1}. */
    public WireResponse tail(GatewayProcess gateway, String target, String... headerLines) throws IOException {
        List<String> lines = new ArrayList<>(List.of(CREDENTIAL, STREAM));
        lines.addAll(Arrays.asList(headerLines));
        return gateway.client().get("/history/v1" + target, lines.toArray(String[]::new));
    }

    /** A run as history shows it. */
    public JsonObject run(GatewayProcess gateway, String id) throws IOException {
        try (WireResponse response = gateway.client().get("/history/v1/runs/" + id, CREDENTIAL)) {
            response.whole();
            return new JsonObject(response.text()).getJsonObject("data");
        }
    }

    /** The one number that a query finds. */
    public long number(String sql) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement select = connection.createStatement();
                ResultSet row = select.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** How many sessions listen to what gateways announce. */
    long listening() throws SQLException {
        return number("select count(*) from pg_stat_activity"
                + " where datname = current_database() and application_name = 'runtape-listener'");
    }

    @Override
    public void close() throws SQLException {
        upstream.close();
        table.close();
        GatewayProcess.closeAll(started);
    }
}
