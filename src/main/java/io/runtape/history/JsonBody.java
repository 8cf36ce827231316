package io.runtape.history;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.runtape.error.ApiException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The small JSON body of a request to the history, read strictly: nothing follows it and nothing is in it twice. {@link
 * HistoryBodies} bounds it, so that its tree is small too.
 */
public final class JsonBody {

    private static final ObjectReader JSON = new ObjectMapper()
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    private JsonBody() {}

    /**
     * Reads an object.
     *
     * @param otherwise what the caller is told where the body is something else
     * @throws ApiException 400 where the body is something else
     */
    public static JsonNode object(byte[] body, String otherwise) {
        try {
            @Nullable JsonNode read = JSON.readTree(body);
            if (read == null || !read.isObject()) {
                throw ApiException.invalid(otherwise);
            }
            return read;
        } catch (JsonProcessingException e) {
            // Its place in the body is said where all answers to bad JSON are made.
            throw new WebApplicationException(e, Response.Status.BAD_REQUEST);
        } catch (IOException e) {
            throw ApiException.invalid(otherwise);
        }
    }
}
