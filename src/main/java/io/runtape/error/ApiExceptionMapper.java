package io.runtape.error;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * Turns a resource's exceptions into the error envelope. An unknown exception becomes a 500 with only the request id,
 * and is logged once under that id; its message stays in the log.
 */
public final class ApiExceptionMapper {
    private static final Logger LOG = Logger.getLogger(ApiExceptionMapper.class);

    private final ServedTypes served;

    ApiExceptionMapper(ServedTypes served) {
        this.served = served;
    }

    /** An error that the resource meant. */
    @ServerExceptionMapper
    public Response refused(ApiException failure, RoutingContext context) {
        if (failure.code() == ErrorCode.INTERNAL_ERROR) {
            log(failure, context);
        }
        return answer(context, failure.code(), failure.message(), failure.headers());
    }

    /** A path without a resource. JAX-RS also throws this for an unreadable parameter, which is not a 404 here. */
    @ServerExceptionMapper
    public Response nothingThere(NotFoundException failure, RoutingContext context) {
        if (failure.getCause() instanceof ApiException refusal) {
            return refused(refusal, context);
        }
        if (failure.getCause() != null) {
            return answer(context, ErrorCode.INVALID_REQUEST, "A parameter has a value that cannot be read.", Map.of());
        }
        return answer(context, ErrorCode.NOT_FOUND, RefusalMessage.noSuchPath(path(context)), Map.of());
    }

    /** A JSON body with another structure than the resource takes. */
    @ServerExceptionMapper
    public Response mismatched(MismatchedInputException failure, RoutingContext context) {
        return answer(context, ErrorCode.INVALID_REQUEST, RefusalMessage.badJson(failure), Map.of());
    }

    /** A refusal by the framework before it calls a resource. Redirects pass unchanged. */
    @ServerExceptionMapper
    public Response byStatus(WebApplicationException failure, RoutingContext context) {
        if (failure.getCause() instanceof ApiException refusal) {
            return refused(refusal, context);
        }
        if (failure.getCause() instanceof JsonProcessingException json) {
            return answer(context, ErrorCode.INVALID_REQUEST, RefusalMessage.badJson(json), Map.of());
        }
        Response response = failure.getResponse();
        int status = response.getStatus();
        if (status < 400) {
            return response;
        }
        return switch (status) {
            case 401 -> refused(ApiException.unauthorized("A credential is needed."), context);
            case 403 -> answer(context, ErrorCode.FORBIDDEN, "The credential does not allow this.", Map.of());
            case 404 -> answer(context, ErrorCode.NOT_FOUND, RefusalMessage.noSuchPath(path(context)), Map.of());
            case 405 -> notAllowed(context);
            case 406 ->
                answer(
                        context,
                        ErrorCode.NOT_ACCEPTABLE,
                        RefusalMessage.notAcceptable(
                                served.answers(context.request().method().name(), path(context))),
                        Map.of());
            case 413 -> answer(context, ErrorCode.BODY_TOO_LARGE, "The body is too large.", Map.of());
            case 415 -> unreadable(context);
            default ->
                status < 500
                        ? answer(context, ErrorCode.INVALID_REQUEST, unreadableHead(context), Map.of())
                        : unknown(failure, context);
        };
    }

    private String unreadableHead(RoutingContext context) {
        return RefusalMessage.unreadable(
                context.request().getHeader(HttpHeaders.ACCEPT),
                served.answers(context.request().method().name(), path(context)));
    }

    /** RFC 9110, section 15.5.6: the methods that the path has. */
    private Response notAllowed(RoutingContext context) {
        Collection<String> methods = served.methods(path(context));
        return answer(
                context,
                ErrorCode.METHOD_NOT_ALLOWED,
                RefusalMessage.methodNotAllowed(context.request().method().name(), path(context), methods),
                methods.isEmpty() ? Map.of() : Map.of(HttpHeaders.ALLOW, joined(methods)));
    }

    /** RFC 9110, section 15.5.16: what could be sent instead. */
    private Response unreadable(RoutingContext context) {
        String method = context.request().method().name();
        Collection<String> bodies = served.bodies(method, path(context));
        return answer(
                context,
                ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                RefusalMessage.unsupportedType(bodies),
                bodies.isEmpty()
                        ? Map.of()
                        : Map.of(method.equals("PATCH") ? "Accept-Patch" : "Accept", joined(bodies)));
    }

    private static String joined(Collection<String> names) {
        return String.join(", ", names);
    }

    /** Everything else is a fault of the gateway. */
    @ServerExceptionMapper
    public Response unknown(Throwable failure, RoutingContext context) {
        if ((failure instanceof CompletionException || failure instanceof ExecutionException)
                && failure.getCause() instanceof ApiException refusal) {
            return refused(refusal, context);
        }
        log(failure, context);
        return answer(context, ErrorCode.INTERNAL_ERROR, ErrorReply.FAULT, Map.of());
    }

    static void log(Throwable failure, RoutingContext context) {
        LOG.errorf(
                failure,
                "request %s failed with %s",
                RequestId.of(context),
                failure.getClass().getName());
    }

    private static Response answer(
            RoutingContext context, ErrorCode code, String message, Map<String, String> headers) {
        String requestId = RequestId.of(context);
        if (context.response().headWritten()) {
            // A resource that writes by itself failed in the middle. The envelope would become the end of its response,
            // so the connection must be cut instead. The framework cuts it when a mapper fails.
            throw new IllegalStateException("Request " + requestId + " failed after its head was sent: " + code.code());
        }
        // Every response has this header already, so a header of this response would be a second one.
        RequestId.tell(context);
        Response.ResponseBuilder response = Response.status(code.status())
                .type(MediaType.APPLICATION_JSON_TYPE)
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .entity(ErrorBody.of(code, message, requestId).json());
        headers.forEach(response::header);
        return response.build();
    }

    private static String path(RoutingContext context) {
        return context.normalizedPath();
    }
}
