package io.runtape.history;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** The small JSON body of a request to the history, read strictly: nothing follows it and nothing is in it twice. */
final class JsonBody {

    /** Some times what the longest value takes, a thread's title, when all of it is escaped. */
    private static final int BYTES_MAX = 64 << 10;

    private static final ObjectReader JSON = new ObjectMapper()
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    private JsonBody() {}

    /**
     * Reads an object.
     *
     * @param otherwise what the caller is told where the body is something else
     * @throws ApiException 400 where the body is something else or not whole; 413 where it is too large
     */
    static JsonNode object(InputStream body, String otherwise) {
        try {
            byte[] bytes = body.readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                throw ApiException.of(
                        ErrorCode.BODY_TOO_LARGE, "The body is over the limit of " + BYTES_MAX + " bytes.");
            }
            @Nullable JsonNode read = JSON.readTree(bytes);
            if (read == null || !read.isObject()) {
                throw ApiException.invalid(otherwise);
            }
            return read;
        } catch (JsonProcessingException e) {
            // Its place in the body is said where all answers to bad JSON are made.
            throw new WebApplicationException(e, Response.Status.BAD_REQUEST);
        } catch (IOException e) {
            // Its sender went away in the middle of it, which is no fault of ours.
            throw ApiException.invalid("The body did not arrive whole.");
        }
    }
}
