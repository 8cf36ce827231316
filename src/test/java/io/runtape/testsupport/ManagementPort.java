package io.runtape.testsupport;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** Health and metrics of a gateway, as its operator sees them. */
public record ManagementPort(WireClient client) {

    /** Each readiness check's status by its name, and the response's own under {@code http}. */
    public Map<String, String> readiness() throws IOException {
        return health("ready");
    }

    /** Waits until the database has that status: one look may take too long on a busy machine, and then says that it is down. */
    public void awaitDatabase(String status, Duration within) {
        RunTable.await(
                "the database is " + status,
                within,
                () -> status.equals(readiness().get("database")) ? true : null);
    }

    /** The same of the liveness checks. */
    public Map<String, String> liveness() throws IOException {
        return health("live");
    }

    /** The same of the wellness checks. */
    public Map<String, String> wellness() throws IOException {
        return health("well");
    }

    private Map<String, String> health(String kind) throws IOException {
        try (WireResponse response = client.get("/q/health/" + kind)) {
            Map<String, String> checks = new TreeMap<>(Map.of("http", Integer.toString(response.status())));
            for (Object each : new JsonObject(new String(response.whole(), UTF_8)).getJsonArray("checks")) {
                checks.put(((JsonObject) each).getString("name"), ((JsonObject) each).getString("status"));
            }
            return checks;
        }
    }

    /** The value of a metric without labels, by its name in Prometheus' format. */
    public double metric(String name) throws IOException {
        try (WireResponse response = client.get("/q/metrics")) {
            return new String(response.whole(), UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no metric " + name));
        }
    }
}
