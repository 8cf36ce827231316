package io.runtape.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.dialect.Part.Text;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestMessagesTest {
    @Test
    void readsTheRequest() {
        assertEquals(
                List.of(
                        new Message(Role.SYSTEM, List.of(new Text("Be brief."))),
                        new Message(Role.USER, List.of(new Text("Run the tests."))),
                        new Message(Role.USER, List.of(new Text("Please.")))),
                RequestMessages.of("""
                        {"agent":"a","messages":[
                          {"role":"system","content":"Be brief."},
                          {"role":"user","parts":[{"type":"text","text":"Run the tests."}]},
                          {"role":"assistant","content":""}],
                         "prompt":"Please."}"""));
        assertEquals(List.of(), RequestMessages.of("not json"));
    }
}
