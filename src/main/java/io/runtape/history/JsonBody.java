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
 * The small JSON body of a request to the history. It is read strictly: nothing may follow the object, and no field may
 * come twice. {@link HistoryBodies} bounds the body, so its tree is small too.
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
     * @param otherwise the error message for a body of another form
     * @throws ApiException 400 if the body has another form
     */
    public static JsonNode object(byte[] body, String otherwise) {
        try {
            @Nullable JsonNode read = JSON.readTree(body);
            if (read == null || !read.isObject()) {
                throw ApiException.invalid(otherwise);
            }
            return read;
        } catch (JsonProcessingException e) {
            // The code that answers all bad JSON adds the position in the body.
            throw new WebApplicationException(e, Response.Status.BAD_REQUEST);
        } catch (IOException e) {
            throw ApiException.invalid(otherwise);
        }
    }
}
