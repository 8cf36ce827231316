package io.runtape.error;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.net.URL;
import java.time.Duration;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.junit.jupiter.api.Test;

/** What callers get for everything that can go wrong in a resource. */
@QuarkusTest
@TestProfile(ErrorEnvelopeH2Test.OwnDatabase.class)
class ErrorEnvelopeH2Test {
    public static final class OwnDatabase implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("runtape.data-dir", "target/error-envelope");
        }
    }

    record Change(String title, boolean archived) {}

    /** Fails in every way. */
    @Path("/history/test/failing")
    public static class FailingResource {
        @GET
        @Path("/refused")
        @Operation(hidden = true)
        public Uni<String> refused() {
            return Uni.createFrom()
                    .failure(ApiException.of(ErrorCode.TOO_MANY_RUNS, "Too many live runs.")
                            .retryAfter(Duration.ofMillis(2_500)));
        }

        @GET
        @Path("/broken")
        @Produces(MediaType.SERVER_SENT_EVENTS)
        @Operation(hidden = true)
        public Uni<String> broken() {
            return Uni.createFrom().failure(new IllegalStateException("the password is hunter2"));
        }

        @GET
        @Path("/half")
        @Operation(hidden = true)
        public Uni<Void> half(@Context RoutingContext context) {
            context.response().setChunked(true).write("half");
            return Uni.createFrom().failure(new IllegalStateException("after the head"));
        }

        @GET
        @Path("/number")
        @Operation(hidden = true)
        public String number(@QueryParam("limit") int limit) {
            return "limit " + limit;
        }

        @PATCH
        @Path("/change")
        @Consumes(MediaType.APPLICATION_JSON)
        @Produces(MediaType.APPLICATION_JSON)
        @Operation(hidden = true)
        public String change(Change change) {
            return "{}";
        }
    }

    @TestHTTPResource("/history/test/failing/half")
    URL half;

    @Test
    void sendsARefusalWithItsHeaders() {
        error(get("/history/test/failing/refused"), 429, "too_many_runs")
                .header("Retry-After", equalTo("3"))
                .header("Cache-Control", equalTo("no-store"))
                .header("X-Request-ID", matchesPattern("req_[0-9a-f]{32}"))
                .body("error.message", equalTo("Too many live runs."));
    }

    @Test
    void keepsWhatBrokeToItself() {
        given().header("X-Request-ID", "job-7")
                .get("/history/test/failing/broken")
                .then()
                .statusCode(500)
                .header("X-Request-ID", equalTo("job-7"))
                .body("error.code", equalTo("internal_error"))
                .body("error.requestId", equalTo("job-7"))
                .body(not(containsString("hunter2")));
    }

    @Test
    void cutsAResponseWhoseHeadIsOut() throws Exception {
        assertThrows(IOException.class, () -> half.openStream().readAllBytes());
    }

    @Test
    void answersAnUnknownPath() {
        error(get("/history/no/such/path"), 404, "not_found")
                .body("error.message", equalTo("There is nothing at /history/no/such/path."));
    }

    @Test
    void answersAMethodOrTypeThatIsNotServed() {
        error(given().post("/history/test/failing/refused").then(), 405, "method_not_allowed");
        error(given().accept("image/png").get("/history/test/failing/broken").then(), 406, "not_acceptable");
        error(
                given().contentType("text/plain")
                        .body("x")
                        .patch("/history/test/failing/change")
                        .then(),
                415,
                "unsupported_media_type");
    }

    @Test
    void namesWhatIsWrongInABodyWithoutRepeatingIt() {
        error(change("{\"archived\":\"sk-secret\"}"), 400, "invalid_request")
                .body("error.message", equalTo("The field archived of the body must be true or false."));
        error(change("{\"title\":"), 400, "invalid_request")
                .body("error.message", containsString("not valid JSON at line 1"));
        error(change("[]"), 400, "invalid_request").body("error.message", equalTo("The body must be an object."));
    }

    @Test
    void refusesAParameterThatCannotBeRead() {
        error(get("/history/test/failing/number?limit=many"), 400, "invalid_request");
    }

    private static ValidatableResponse get(String path) {
        return given().get(path).then();
    }

    private static ValidatableResponse change(String body) {
        return given().contentType("application/json")
                .body(body)
                .patch("/history/test/failing/change")
                .then();
    }

    private static ValidatableResponse error(ValidatableResponse response, int status, String code) {
        return response.statusCode(status).contentType("application/json").body("error.code", equalTo(code));
    }
}
