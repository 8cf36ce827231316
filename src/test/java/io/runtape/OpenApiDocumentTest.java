package io.runtape;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.runtape.testsupport.H2Resource;
import io.runtape.testsupport.RunningGateway;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The OpenAPI document in the docs is the one that the gateway serves. */
@QuarkusTest
@WithTestResource(H2Resource.class)
class OpenApiDocumentTest extends RunningGateway {

    private static final Path COMMITTED = Path.of("docs/reference/openapi.yaml");

    private static final String WRITE = "openapi.write";

    @Test
    void isTheOneInTheDocs() throws Exception {
        String served = given().baseUri(url())
                .accept("application/yaml")
                .get("/q/openapi")
                .asString();

        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(COMMITTED, served);
        }

        String committed = Files.exists(COMMITTED) ? Files.readString(COMMITTED) : "";
        assertEquals(
                committed,
                served,
                COMMITTED
                        + " is not what /q/openapi serves. Write it anew with: ./mvnw test -Dtest=OpenApiDocumentTest -D"
                        + WRITE + "=true");
    }

    @Test
    void describesEveryCall() {
        JsonPath document = given().baseUri(url())
                .accept("application/json")
                .get("/q/openapi?format=json")
                .jsonPath();

        Map<String, Map<String, Object>> paths = document.getMap("paths");
        assertTrue(paths.size() > 10);
        TreeSet<String> unlike = new TreeSet<>();
        paths.forEach((path, item) -> item.forEach((method, operation) -> {
            if (List.of("get", "post", "put", "patch", "delete").contains(method)) {
                Map<?, ?> described = (Map<?, ?>) operation;
                for (String field : List.of("summary", "operationId", "tags", "responses")) {
                    if (!described.containsKey(field)) {
                        unlike.add(method + " " + path + " lacks " + field);
                    }
                }
            }
        }));
        assertEquals(new TreeSet<>(), unlike);
    }
}
