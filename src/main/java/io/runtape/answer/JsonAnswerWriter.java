package io.runtape.answer;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * Writes the JSON of the gateway's own answers, as it is made and with a line end behind it, so that a terminal shows its prompt
 * on a line of its own. Text is JSON already and is written as it is, and bytes are not for this writer. Safe for any thread.
 */
@Provider
@Produces(MediaType.APPLICATION_JSON)
public final class JsonAnswerWriter extends ServerMessageBodyWriter.AllWriteableMessageBodyWriter {

    private final ObjectWriter json;

    JsonAnswerWriter(ObjectMapper json) {
        this.json = json.writer()
                .without(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .without(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    }

    @Override
    public void writeResponse(Object entity, Type type, ServerRequestContext context) throws IOException {
        OutputStream to = context.getOrCreateOutputStream();
        write(entity, to);
        // Not where it fails: an error can be answered as long as nothing was sent.
        to.close();
    }

    @Override
    public void writeTo(
            Object entity,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream to)
            throws IOException {
        write(entity, to);
    }

    private void write(Object entity, OutputStream to) throws IOException {
        if (entity instanceof String text) {
            to.write(text.getBytes(StandardCharsets.UTF_8));
        } else {
            json.writeValue(to, entity);
            to.write('\n');
        }
    }
}
