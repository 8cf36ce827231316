package io.runtape.server.openapi;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import io.runtape.error.ErrorCode;
import io.runtape.error.RequestId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.headers.Header;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.parameters.RequestBody;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;
import org.jspecify.annotations.Nullable;

/**
 * Adds to the OpenAPI document what all calls have in common: the errors that any call of the history may get, the
 * header with the request's id, the error codes, and for each response the example of its schema. Runs when the gateway
 * is built.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public final class CommonResponses implements OASFilter {

    private static final String HISTORY = "/history/v1/";
    /** The parameter that the id is, by how the path begins. */
    private static final Map<String, String> PATH_IDS =
            Map.of(HISTORY + "runs/{id}", "RunId", HISTORY + "threads/{id}", "ThreadId");

    private static final String SCHEMA = "#/components/schemas/";
    private static final String ERROR = "Error";
    private static final String JSON = "application/json";
    private static final String REQUEST_ID = "RequestId";

    @Override
    public void filterOpenAPI(OpenAPI document) {
        Components components = document.getComponents();
        Schema code = Objects.requireNonNull(components.getSchemas().get("ErrorCode"));
        code.setEnumeration(
                Arrays.stream(ErrorCode.values()).<Object>map(ErrorCode::code).toList());
        document.getPaths().getPathItems().forEach((path, item) -> {
            if (path.startsWith(HISTORY)) {
                item.getOperations().values().forEach(operation -> describeOfHistory(operation, path));
            }
        });
        responsesOf(document).forEach(response -> describe(response, components));
    }

    private static void describeOfHistory(Operation operation, String path) {
        PATH_IDS.forEach((begin, parameter) -> {
            if (path.startsWith(begin)) {
                describeId(operation, parameter);
            }
        });
        dropRepeated(operation);
        APIResponses responses = operation.getResponses();
        responses.getAPIResponses().values().stream()
                .filter(response -> response.getRef() == null)
                .forEach(CommonResponses::addRequestId);
        // Every call refuses two credentials that differ.
        addUnlessThere(responses, "400", "InvalidRequest");
        addUnlessThere(responses, "401", "Unauthorized");
        if (path.contains("{")) {
            addUnlessThere(responses, "404", "NotFound");
        }
        addUnlessThere(responses, "405", "MethodNotAllowed");
        describeContent(responses);
        if (answersOwnJson(responses)) {
            addUnlessThere(responses, "406", "NotAcceptable");
        }
        if (responses.hasAPIResponse("304")) {
            operation.addParameter(OASFactory.createParameter().ref("IfNoneMatch"));
        }
        @Nullable RequestBody body = operation.getRequestBody();
        if (body != null) {
            addUnlessThere(responses, "408", "RequestTimeout");
            if (isBounded(body)) {
                addUnlessThere(responses, "413", "BodyTooLarge");
            }
            addUnlessThere(responses, "415", "UnsupportedMediaType");
        }
        addUnlessThere(responses, "500", "InternalError");
        addUnlessThere(responses, "503", "StoreUnavailable");
        responses.setAPIResponses(new TreeMap<>(responses.getAPIResponses()));
    }

    private static void describeId(Operation operation, String parameter) {
        List<Parameter> parameters = new ArrayList<>(operation.getParameters());
        parameters.replaceAll(each ->
                each.getIn() == Parameter.In.PATH ? OASFactory.createParameter().ref(parameter) : each);
        operation.setParameters(parameters);
    }

    /** Two resources of one call, for two media types, have the same parameters. */
    private static void dropRepeated(Operation operation) {
        @Nullable List<Parameter> parameters = operation.getParameters();
        if (parameters != null) {
            Set<String> refs = new HashSet<>();
            operation.setParameters(parameters.stream()
                    .filter(each -> each.getRef() == null || refs.add(each.getRef()))
                    .toList());
        }
    }

    /** The gateway may compress the responses that it makes, except streams. */
    private static void describeContent(APIResponses responses) {
        responses.getAPIResponses().forEach((status, response) -> {
            @Nullable Content content = response.getContent();
            if (content != null) {
                // JSON first, whichever of its resources was read first: generators of clients go by the first.
                content.setMediaTypes(new TreeMap<>(content.getMediaTypes()));
            }
            if (status.equals("200") && content != null && schemaOf(content.getMediaType(JSON)) != null) {
                response.addHeader("Content-Encoding", OASFactory.createHeader().ref("ContentEncoding"));
                response.addHeader("Vary", OASFactory.createHeader().ref("Vary"));
                if (responses.hasAPIResponse("304")) {
                    response.addHeader("ETag", OASFactory.createHeader().ref("ETag"));
                }
            }
        });
    }

    private static void addUnlessThere(APIResponses responses, String status, String name) {
        if (!responses.hasAPIResponse(status)) {
            responses.addAPIResponse(status, OASFactory.createAPIResponse().ref(name));
        }
    }

    /** An archive, the only body that is not JSON, may be of any length. */
    private static boolean isBounded(RequestBody body) {
        return body.getContent().getMediaType(JSON) != null;
    }

    /** The gateway never compresses a recorded body. */
    private static boolean answersOwnJson(APIResponses responses) {
        return responses.getAPIResponses().values().stream()
                .map(APIResponse::getContent)
                .anyMatch(content -> content != null && schemaOf(content.getMediaType(JSON)) != null);
    }

    private static @Nullable String schemaOf(@Nullable MediaType type) {
        @Nullable
        String ref = type == null || type.getSchema() == null
                ? null
                : type.getSchema().getRef();
        return ref == null ? null : ref.substring(SCHEMA.length());
    }

    private static List<APIResponse> responsesOf(OpenAPI document) {
        Stream<APIResponse> own = document.getPaths().getPathItems().values().stream()
                .map(PathItem::getOperations)
                .map(Map::values)
                .flatMap(Collection::stream)
                .flatMap(operation -> operation.getResponses().getAPIResponses().values().stream());
        return Stream.concat(own, document.getComponents().getResponses().values().stream())
                .filter(response -> response.getRef() == null)
                .toList();
    }

    private static void describe(APIResponse response, Components components) {
        @Nullable Content content = response.getContent();
        if (content == null) {
            return;
        }
        for (MediaType type : content.getMediaTypes().values()) {
            @Nullable String schema = schemaOf(type);
            if (ERROR.equals(schema)) {
                addRequestId(response);
            } else if (schema != null && components.getExamples().containsKey(schema)) {
                type.addExample(schema, OASFactory.createExample().ref(schema));
            }
        }
    }

    private static void addRequestId(APIResponse response) {
        response.addHeader(RequestId.HEADER, requestId());
        response.addHeader(RequestId.PLAIN_HEADER, requestId());
    }

    private static Header requestId() {
        return OASFactory.createHeader().ref(REQUEST_ID);
    }
}
