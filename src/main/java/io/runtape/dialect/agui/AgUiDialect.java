package io.runtape.dialect.agui;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.Failure;
import io.runtape.dialect.FoldDialect;
import jakarta.inject.Singleton;

/** The AG-UI protocol. */
@Singleton
public final class AgUiDialect extends FoldDialect {

    public AgUiDialect() {
        super("agui", AgUiFold::new);
    }

    /** An error may come first, if a run could not even start. */
    @Override
    public boolean begins(String type, JsonNode data) {
        return switch (type) {
            case "RUN_STARTED" ->
                data.path("runId").isTextual() || data.path("threadId").isTextual();
            case "RUN_ERROR" -> data.path("message").isTextual();
            default -> false;
        };
    }

    @Override
    public byte[] errorEvent(Failure failure) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.put("type", "RUN_ERROR").put("message", failure.message()).put("code", failure.code());
        return written(null, data);
    }
}
