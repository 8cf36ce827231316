package io.runtape.transcript;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.dialect.JsonLines;
import io.runtape.dialect.Message;
import io.runtape.dialect.Part;
import io.runtape.dialect.Payload;
import io.runtape.dialect.Role;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept of a run comes back as it was. */
class KeptMessagesTest {

    /** Writes as deep as the gateway does. */
    private final ObjectMapper json = new ObjectMapper(JsonFactory.builder()
            .streamWriteConstraints(
                    StreamWriteConstraints.builder().maxNestingDepth(1100).build())
            .build());

    private KeptMessages read(KeptMessages kept) {
        KeptMessages read = KeptMessages.of(kept.json(json));
        assertArrayEquals(kept.json(json), read.json(json));
        return read;
    }

    private static KeptMessages of(Part... parts) {
        return new KeptMessages(List.of(), List.of(new Message(Role.ASSISTANT, List.of(parts))), 0, 0, false);
    }

    @Test
    void hasEveryKindOfPart() {
        Message asked = new Message(
                Role.USER,
                List.of(new Part.Text("Sch\u00f6n \ud83d\ude00 \"q\" \u0000"), new Part.Text("[image]", true)));
        Message said = new Message(
                Role.ASSISTANT,
                List.of(
                        new Part.Reasoning("hm"),
                        new Part.ToolCall("c1", "shell", Payload.parsed("\"text\"")),
                        new Part.ToolCall("c2", "", null),
                        new Part.ToolResult("c1", "shell", Payload.parsed("7"), 1, true, false),
                        new Part.ToolResult("", "", null, null, false, true),
                        new Part.FilePart("a", null, "+b", null),
                        new Part.FilePart(null, "opened", null, "https://a"),
                        new Part.ErrorPart("code", "message")));
        KeptMessages kept = new KeptMessages(List.of(asked), List.of(said), 1234, 567, true);

        assertEquals(kept, read(kept));
        assertEquals(
                new KeptMessages(List.of(), List.of(), 0, 0, false),
                read(new KeptMessages(List.of(), List.of(), 0, 0, false)));
    }

    @Test
    void hasValuesAsTheirText() {
        String value = "{\"b\":[1,2.5,null,true,{\"c\":\"\u00e4\"}],\"a\":12345678901234567890}";
        KeptMessages read = read(of(
                new Part.ToolCall("c", "t", Payload.parsed(value)),
                new Part.ToolResult("c", "t", Payload.parsed("[]"), null, false, false)));

        Part.ToolCall call = (Part.ToolCall) read.said().get(0).parts().get(0);
        assertEquals(JsonLines.of(Payload.parsed(value)), JsonLines.of(call.input()));
    }

    /** What an agent API sends may be nested so, and what is kept puts it some levels deeper. */
    @Test
    void hasTheDeepestValueThatIsRead() {
        String value = "[".repeat(1000) + "]".repeat(1000);

        KeptMessages read = read(of(new Part.ToolCall("c", "t", Payload.parsed(value))));

        assertTrue(new String(read.json(json), UTF_8).contains("\"input\":" + value));
    }

    /** A value of more parts than any tree may have. */
    @Test
    void hasAllOfAValueThatIsTooLargeToBeRead() {
        String value = "{\"a\":[" + "{},".repeat(80_000) + "1],\"b\":[" + "[],".repeat(80_000) + "2]}";

        KeptMessages read = read(of(new Part.ToolCall("c", "t", Payload.parsed(value))));

        String told = new String(read.json(json), UTF_8);
        assertTrue(told.contains(value.substring(0, 300_000)), "it is cut");
    }
}
