package io.runtape.server.names;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.smallrye.openapi.runtime.OpenApiConstants;
import io.runtape.error.ServedTypes;
import jakarta.inject.Singleton;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The calls that the gateway's own OpenAPI document describes. The gateway reads the document of its build once, at the
 * start, so it knows exactly what is documented, without a second list. Safe for any thread.
 */
@Singleton
final class Operations implements ServedTypes {

    private static final String DOCUMENT = OpenApiConstants.BASE_NAME + ".JSON";

    private static final String REFERENCE = "#/components/parameters/";

    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

    private final List<Path> paths = new ArrayList<>();
    private final Set<String> headers = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    /** One path with its methods, in capitals. */
    private record Path(List<String> segments, Map<String, Operation> operations) {

        boolean fits(List<String> asked) {
            if (asked.size() != segments.size()) {
                return false;
            }
            for (int i = 0; i < asked.size(); i++) {
                String segment = segments.get(i);
                if (!segment.startsWith("{") && !segment.equals(asked.get(i))) {
                    return false;
                }
            }
            return true;
        }
    }

    Operations(ObjectMapper json) {
        JsonNode document = document(json);
        JsonNode shared = document.path("components").path("parameters");
        document.path("paths").properties().forEach(path -> {
            Map<String, Operation> operations = new TreeMap<>();
            path.getValue().properties().forEach(method -> {
                if (METHODS.contains(method.getKey())) {
                    String verb = method.getKey().toUpperCase(Locale.ROOT);
                    operations.put(verb, operation(verb + " " + path.getKey(), method.getValue(), shared));
                }
            });
            paths.add(new Path(segments(path.getKey()), operations));
        });
    }

    private static JsonNode document(ObjectMapper json) {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        try (InputStream document = loader.getResourceAsStream(DOCUMENT)) {
            if (document == null) {
                throw new FileNotFoundException(DOCUMENT);
            }
            return json.readTree(document);
        } catch (IOException e) {
            throw new UncheckedIOException("the gateway was built without its OpenAPI document", e);
        }
    }

    private Operation operation(String name, JsonNode operation, JsonNode shared) {
        Set<String> parameters = new TreeSet<>();
        Set<String> repeatable = new TreeSet<>();
        for (JsonNode listed : operation.path("parameters")) {
            JsonNode parameter = listed.has("$ref")
                    ? shared.path(listed.path("$ref").asText().substring(REFERENCE.length()))
                    : listed;
            String named = parameter.path("name").asText();
            switch (parameter.path("in").asText()) {
                case "query" -> {
                    parameters.add(named);
                    if (isArray(parameter.path("schema").path("type"))) {
                        repeatable.add(named);
                    }
                }
                case "header" -> headers.add(named);
                default -> {
                    // A part of the path.
                }
            }
        }
        Set<String> answers = new TreeSet<>();
        operation.path("responses").properties().forEach(response -> {
            if (response.getKey().startsWith("2")) {
                response.getValue().path("content").fieldNames().forEachRemaining(answers::add);
            }
        });
        Set<String> bodies = new TreeSet<>();
        operation.path("requestBody").path("content").fieldNames().forEachRemaining(bodies::add);
        return new Operation(name, parameters, repeatable, answers, bodies);
    }

    private static boolean isArray(JsonNode type) {
        return type.asText().equals("array") || type.isArray() && type.size() == 1 && isArray(type.get(0));
    }

    private static List<String> segments(String path) {
        List<String> segments = new ArrayList<>();
        for (String segment : path.split("/", -1)) {
            if (!segment.isEmpty()) {
                segments.add(segment);
            }
        }
        return segments;
    }

    /** The operation with this method at this path; {@code HEAD} counts as {@code GET}. */
    Optional<Operation> at(String method, String path) {
        String answered = method.equals("HEAD") ? "GET" : method;
        return found(path).map(found -> found.operations().get(answered));
    }

    private Optional<Path> found(String path) {
        List<String> asked = segments(path);
        return paths.stream().filter(each -> each.fits(asked)).findFirst();
    }

    /** The request headers that any call takes. */
    Set<String> headers() {
        return headers;
    }

    @Override
    public Collection<String> methods(String path) {
        Set<String> methods = new TreeSet<>();
        found(path).ifPresent(found -> methods.addAll(found.operations().keySet()));
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        return methods;
    }

    @Override
    public Collection<String> answers(String method, String path) {
        return at(method, path).map(Operation::answers).orElse(Set.of());
    }

    @Override
    public Collection<String> bodies(String method, String path) {
        return at(method, path).map(Operation::bodies).orElse(Set.of());
    }
}
