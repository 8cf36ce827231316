package io.runtape.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.dialect.Part.FilePart;
import io.runtape.dialect.Part.Text;
import io.runtape.json.LeanTree;
import java.util.List;
import org.junit.jupiter.api.Test;

class MessageTest {
    @Test
    void namesTheKindOfAPartInJson() throws JsonProcessingException {
        Message message = new Message(
                Role.ASSISTANT,
                List.of(new Text("Hi"), new Text("[image]", true), new FilePart("a.js", null, null, null)));

        assertEquals(
                json("{'role':'assistant','parts':[{'type':'text','text':'Hi'},"
                        + "{'type':'text','text':'[image]','attached':true},"
                        + "{'type':'file','path':'a.js','action':null,'diff':null,'url':null}]}"),
                LeanTree.compact(new ObjectMapper().readTree(new ObjectMapper().writeValueAsString(message))));
    }

    private static JsonNode json(String text) {
        return LeanTree.compact(Payload.parsed(text.replace('\'', '"')));
    }
}
