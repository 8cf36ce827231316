package io.runtape;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.oas.OpenApi31;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.runtape.error.ErrorCode;
import io.runtape.testsupport.H2Resource;
import io.runtape.testsupport.RunningGateway;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The OpenAPI document in the docs is the one that the gateway serves, and what it shows is so. */
@QuarkusTest
@WithTestResource(H2Resource.class)
class OpenApiDocumentH2Test extends RunningGateway {

    private static final Path COMMITTED = Path.of("docs/reference/openapi.yaml");

    private static final String WRITE = "openapi.write";

    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

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
                        + " is not what /q/openapi serves. Write it anew with: ./mvnw test -Dtest=OpenApiDocumentH2Test -D"
                        + WRITE + "=true");
    }

    private JsonNode document() throws JsonProcessingException {
        return new ObjectMapper()
                .readTree(given().baseUri(url())
                        .accept("application/json")
                        .get("/q/openapi?format=json")
                        .asString());
    }

    /** Every object in it, with the way there. */
    private static Map<String, ObjectNode> objects(JsonNode document) {
        Map<String, ObjectNode> found = new TreeMap<>();
        collect("", document, found);
        return found;
    }

    private static void collect(String at, JsonNode node, Map<String, ObjectNode> found) {
        if (node instanceof ObjectNode object) {
            found.put(at, object);
            object.fields().forEachRemaining(field -> collect(at + "/" + field.getKey(), field.getValue(), found));
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                collect(at + "/" + i, node.get(i), found);
            }
        }
    }

    private static JsonNode resolved(JsonNode document, JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").textValue().substring(1)) : node;
    }

    private static Map<String, JsonNode> operations(JsonNode document) {
        Map<String, JsonNode> found = new TreeMap<>();
        document.path("paths")
                .fields()
                .forEachRemaining(path -> path.getValue().fields().forEachRemaining(item -> {
                    if (METHODS.contains(item.getKey())) {
                        found.put(item.getKey() + " " + path.getKey(), item.getValue());
                    }
                }));
        return found;
    }

    @Test
    void describesEveryCall() throws Exception {
        Map<String, JsonNode> operations = operations(document());

        assertTrue(operations.size() > 10);
        TreeSet<String> unlike = new TreeSet<>();
        operations.forEach((call, operation) -> {
            for (String field : List.of("summary", "operationId", "tags", "responses")) {
                if (!operation.has(field)) {
                    unlike.add(call + " lacks " + field);
                }
            }
        });
        assertEquals(new TreeSet<>(), unlike);
    }

    @Test
    void showsAnExampleOfEveryGoodResponse() throws Exception {
        JsonNode document = document();
        TreeSet<String> without = new TreeSet<>();

        operations(document)
                .forEach((call, operation) -> operation
                        .path("responses")
                        .fields()
                        .forEachRemaining(response -> {
                            if (response.getKey().startsWith("2")) {
                                resolved(document, response.getValue())
                                        .path("content")
                                        .fields()
                                        .forEachRemaining(type -> {
                                            if (!type.getValue().has("example")
                                                    && type.getValue()
                                                            .path("examples")
                                                            .isEmpty()) {
                                                without.add(call + " " + response.getKey() + " " + type.getKey());
                                            }
                                        });
                            }
                        }));

        assertEquals(new TreeSet<>(), without);
    }

    @Test
    void namesNoParameterOfACallTwice() throws Exception {
        JsonNode document = document();
        Set<String> twice = new TreeSet<>();
        operations(document).forEach((call, operation) -> {
            Set<String> names = new TreeSet<>();
            operation.path("parameters").forEach(parameter -> {
                String name = resolved(document, parameter).path("name").asText();
                if (!names.add(name)) {
                    twice.add(call + " " + name);
                }
            });
        });

        assertEquals(new TreeSet<>(), twice);
    }

    @Test
    void showsExamplesThatAreOfTheirSchemas() throws Exception {
        JsonNode document = document();
        JsonSchemaFactory schemas = JsonSchemaFactory.getInstance(
                VersionFlag.V202012,
                builder -> builder.metaSchema(OpenApi31.getInstance())
                        .defaultMetaSchemaIri(OpenApi31.getInstance().getIri()));
        SchemaValidatorsConfig strict =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        Map<String, String> wrong = new TreeMap<>();
        AtomicInteger shown = new AtomicInteger();

        objects(document).forEach((at, object) -> {
            if (at.contains("/example")) {
                return;
            }
            JsonNode of = object.has("schema") ? object.get("schema") : object;
            ObjectNode schema = new ObjectMapper().createObjectNode();
            schema.putArray("allOf").add(of);
            schema.set("components", document.get("components"));
            for (JsonNode example : examples(document, object)) {
                shown.incrementAndGet();
                Set<ValidationMessage> messages =
                        schemas.getSchema(schema, strict).validate(example);
                if (!messages.isEmpty()) {
                    wrong.put(at, messages + " in " + example);
                }
            }
        });

        assertEquals(Map.of(), wrong);
        assertTrue(shown.get() > 50, shown.get() + " examples");
    }

    /** Those of a schema, a parameter, a header or a media type. */
    private static List<JsonNode> examples(JsonNode document, ObjectNode object) {
        List<JsonNode> found = new ArrayList<>();
        if (object.has("example")) {
            found.add(object.get("example"));
        }
        JsonNode named = object.path("examples");
        if (named.isArray()) {
            named.forEach(found::add);
        } else if (object.has("schema")) {
            named.forEach(example -> found.add(resolved(document, example).get("value")));
        }
        return found;
    }

    @Test
    void namesTheCodesOfErrorsThatThereAre() throws Exception {
        List<String> named = new ArrayList<>();
        document().at("/components/schemas/ErrorCode/enum").forEach(code -> named.add(code.textValue()));

        assertEquals(Arrays.stream(ErrorCode.values()).map(ErrorCode::code).toList(), named);
    }

    @Test
    void showsEachErrorUnderItsStatus() throws Exception {
        JsonNode document = document();
        TreeSet<String> wrong = new TreeSet<>();

        operations(document)
                .forEach((call, operation) -> operation
                        .path("responses")
                        .fields()
                        .forEachRemaining(named -> {
                            ObjectNode response = (ObjectNode) resolved(document, named.getValue());
                            JsonNode json = response.at("/content/application~1json");
                            if (json.path("schema").path("$ref").asText().endsWith("/Error")) {
                                for (JsonNode example : examples(document, (ObjectNode) json)) {
                                    String code = example.at("/error/code").textValue();
                                    int status = ErrorCode.valueOf(code.toUpperCase(Locale.ROOT))
                                            .status();
                                    if (!named.getKey().equals(Integer.toString(status))) {
                                        wrong.add(call + " shows " + code + " under " + named.getKey());
                                    }
                                }
                                if (!response.path("headers").has("X-Request-ID")) {
                                    wrong.add(call + " " + named.getKey() + " has no X-Request-ID");
                                }
                            }
                        }));

        assertEquals(new TreeSet<>(), wrong);
    }

    @Test
    void refusesOtherMethodsAsItSays() throws Exception {
        JsonNode paths = document().get("paths");
        List<String> history = new ArrayList<>();
        paths.fieldNames().forEachRemaining(path -> history.add(path));
        history.removeIf(path -> !path.startsWith("/history/"));
        assertTrue(history.size() > 10);

        for (String path : history) {
            Response response = given().baseUri(url()).put(path.replaceAll("\\{[^}]+}", "x"));

            assertEquals(405, response.statusCode(), path);
            assertEquals("method_not_allowed", response.path("error.code"), path);
            assertTrue(
                    response.<String>path("error.message").endsWith(" Allowed: " + response.header("Allow") + "."),
                    response::asString);
            assertEquals(
                    List.of(response.<String>path("error.requestId")),
                    response.headers().getValues("X-Request-ID"),
                    path);
        }
    }
}
