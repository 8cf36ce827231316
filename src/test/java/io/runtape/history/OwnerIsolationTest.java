package io.runtape.history;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.Response;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.Script;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Every endpoint of the history, called by an owner for what is another's: there is nothing there. */
abstract class OwnerIsolationTest extends RecordedHistory {

    private static final String SECRET = "only the owner may read this";

    private record Endpoint(String method, String path) {}

    /** What the served OpenAPI document lists; {@code OpenApiDocumentH2Test} holds it to the code. */
    private List<Endpoint> endpoints() {
        String document = given().baseUri(url())
                .get("/q/openapi?format=json")
                .then()
                .statusCode(200)
                .extract()
                .asString();
        Map<String, Map<String, Object>> paths = Json.of(document).getMap("paths");
        List<Endpoint> endpoints = new ArrayList<>();
        paths.forEach((path, methods) -> {
            if (path.startsWith("/history/v1/")) {
                for (String method : List.of("get", "post", "put", "patch", "delete")) {
                    if (methods.containsKey(method)) {
                        endpoints.add(new Endpoint(method.toUpperCase(Locale.ROOT), path));
                    }
                }
            }
        });
        return endpoints;
    }

    @Test
    void showsAndDoesNothingOfAnotherOwnersHistory() throws Exception {
        String run = record(
                "{\"agent\":\"a\",\"prompt\":\"" + SECRET + "\"}",
                Script.stream("event: run_completed\ndata: {\"result\":\"" + SECRET + "\"}\n\n"),
                "Runtape-Thread-Id: " + thread);
        String stranger = "stranger-" + UUID.randomUUID();
        List<Endpoint> endpoints = endpoints();
        assertTrue(endpoints.size() >= 15, "too few endpoints: " + endpoints);

        for (Endpoint endpoint : endpoints) {
            boolean ofThread = endpoint.path().contains("/threads/");
            String target = endpoint.path().replaceAll("\\{[^}]+}", ofThread ? thread : run);
            if (target.endsWith("/diff")) {
                target += "?with=" + run;
            }
            for (String accept : List.of("*/*", "text/event-stream", "application/x-ndjson")) {
                Response response = given().baseUri(url())
                        .header("X-API-Key", stranger)
                        .header("Accept", accept)
                        .contentType("application/json")
                        .body(endpoint.method().equals("PATCH") ? "{\"title\":\"mine\"}" : "")
                        .request(endpoint.method(), target);
                String body = response.asString();
                String call = endpoint.method() + " " + target + " (" + accept + ")";
                assertFalse(body.contains(SECRET), call);
                assertFalse(body.contains(run), call);
                if (endpoint.path().contains("{")) {
                    assertTrue(
                            response.statusCode() == 404 || response.statusCode() == 406,
                            call + " answers " + response.statusCode());
                } else if (response.statusCode() == 200
                        && response.contentType().contains("ndjson")) {
                    assertTrue(body.contains("\"runs\":0"), call);
                } else if (response.statusCode() == 200) {
                    assertEquals(List.of(), Json.of(response.asString()).getList("data"), call);
                }
            }
        }

        assertEquals("completed", json("/runs/" + run).getString("data.status"));
        assertEquals(thread, json("/threads/" + thread).getString("data.id"));
        assertEquals(SECRET, json("/threads/" + thread).getString("data.title"));
    }

    /** The key of a run's row counts the runs of all owners. */
    @Test
    void tellsNothingOfOtherOwnersRunsInCursors() throws Exception {
        for (int i = 0; i < 3; i++) {
            record("{}", Script.stream("data: x\n\n"));
        }
        for (String list : List.of("/runs?limit=1", "/runs?limit=1&sort=durationMs", "/threads?limit=1")) {
            Json page = json(list);
            String cursor = page.getString("meta.nextCursor");
            String read = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            if (list.startsWith("/runs")) {
                String run = page.getString("data[0].id");
                assertFalse(read.contains(String.valueOf(table().run(run).pk())), read);
            }
            assertEquals(cursor, json(list).getString("meta.nextCursor"));
            assertEquals(1, json(list + "&cursor=" + cursor).getList("data").size());
            if (list.startsWith("/runs")) {
                given().baseUri(url())
                        .header("X-API-Key", "stranger-" + UUID.randomUUID())
                        .get("/history/v1" + list + "&cursor=" + cursor)
                        .then()
                        .statusCode(400)
                        .body("error.message", containsString("cursor is not one of this listing"));
            }
        }
    }
}
