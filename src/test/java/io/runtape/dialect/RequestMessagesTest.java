package io.runtape.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.dialect.Part.Text;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestMessagesTest {

    private static List<Message> read(String body) {
        RequestMessages read = RequestMessages.of(body);
        assertFalse(read.truncated());
        return read.messages();
    }

    @Test
    void readsTheRequest() {
        assertEquals(
                List.of(
                        new Message(Role.SYSTEM, List.of(new Text("Be brief."))),
                        new Message(Role.USER, List.of(new Text("Run the tests."))),
                        new Message(Role.USER, List.of(new Text("Please.")))),
                read("""
                        {"agent":"a","messages":[
                          {"role":"system","content":"Be brief."},
                          {"role":"user","parts":[{"type":"text","text":"Run the tests."}]},
                          {"role":"assistant","content":""}],
                         "prompt":"Please."}"""));
        assertEquals(List.of(), read("not json"));
    }

    /** LangGraph's SDK sends it so, with or without an input. */
    @Test
    void readsWhatAPersonAnswersToAnInterrupt() {
        assertEquals(
                List.of(new Message(Role.USER, List.of(new Text("Yes, but keep the logs.")))),
                read(
                        "{\"assistant_id\":\"a\",\"input\":null,\"command\":{\"resume\":\"Yes, but keep the logs.\",\"goto\":\"b\"}}"));
        assertEquals(List.of(), read("{\"command\":{\"goto\":\"b\"}}"));
        assertEquals(List.of(), read("{\"command\":\"resume\"}"));
    }

    private static Message called(String id, String input) {
        return new Message(Role.ASSISTANT, List.of(new Part.ToolCall(id, "look", Payload.parsed(input))));
    }

    private static Message answered(String id, String name, String output) {
        return new Message(
                Role.TOOL, List.of(new Part.ToolResult(id, name, Payload.parsed(output), null, false, false)));
    }

    /** As the clients of the agent APIs send the tools' results, and the calls before them. */
    private enum Form {
        CHAT("""
                {"messages":[{"role":"assistant","content":null,"tool_calls":[
                  {"id":"c","type":"function","function":{"name":"look","arguments":"{\\"at\\":1}"}}]},
                 {"role":"tool","tool_call_id":"c","content":"seen"}]}"""),
        RESPONSES("""
                {"input":[{"type":"reasoning","content":[{"type":"reasoning_text","text":"hm"}]},
                 {"type":"function_call","id":"i","call_id":"c","name":"look","arguments":"{\\"at\\":1}"},
                 {"type":"function_call_output","call_id":"c","output":"seen"}]}"""),
        ANTHROPIC("""
                {"messages":[{"role":"assistant","content":[
                  {"type":"tool_use","id":"c","name":"look","input":{"at":1}}]},
                 {"role":"user","content":[
                  {"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"seen"}]}]}]}"""),
        LANGGRAPH("""
                {"input":{"messages":[{"type":"ai","content":"","tool_calls":[{"id":"c","name":"look","args":{"at":1}}]},
                 {"type":"tool","tool_call_id":"c","content":"seen"}]}}"""),
        AG_UI("""
                {"messages":[{"id":"m","role":"assistant","toolCalls":[
                  {"id":"c","type":"function","function":{"name":"look","arguments":"{\\"at\\":1}"}}]},
                 {"id":"n","role":"tool","toolCallId":"c","content":"seen"}]}""");

        private final String body;

        Form(String body) {
            this.body = body;
        }
    }

    @ParameterizedTest
    @EnumSource
    void readsCallsAndTheirResults(Form form) {
        List<Message> messages = read(form.body);

        assertEquals(
                List.of(called("c", "{\"at\":1}"), answered("c", "look", "seen"))
                        .toString(),
                messages.toString());
    }

    /** Results in the agent's last message are new, and were told before in any other one. */
    @Test
    void readsTheMessagesOfTheAiSdk() {
        String asked = """
                {"id":"t","messages":[{"id":"m","role":"assistant","parts":[
                 {"type":"tool-result","toolCallId":"c","state":"output-available","input":{"at":1},"output":"seen"}]}""";
        String call = "ToolCall[id=c, name=result, input={\"at\":1}]";
        String result =
                "ToolResult[callId=c, name=result, output=\"seen\", exitCode=null, failed=false, partial=false]";

        assertEquals(
                "[Message[role=ASSISTANT, parts=[" + call + "]], Message[role=TOOL, parts=[" + result + "]]]",
                read(asked + "]}").toString());
        assertEquals(
                "Message[role=ASSISTANT, parts=[" + call + ", " + result + "]]",
                read(asked + ",{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"b\"}]}]}")
                        .get(0)
                        .toString());
    }

    @Test
    void keepsTheOrderOfWhatTheAgentSaidAndCalled() {
        List<Message> messages = read("""
                {"messages":[{"role":"assistant","content":[
                  {"type":"text","text":"I look."},{"type":"tool_use","id":"c","name":"look","input":{}},
                  {"type":"text","text":"And search."},{"type":"text","text":"Well."},
                  {"type":"server_tool_use","id":"d","name":"web","input":{}},
                  {"type":"web_search_tool_result","tool_use_id":"d","content":"found"},{"type":"text","text":"Found."}]},
                 {"role":"user","content":"Go on."}]}""");

        assertEquals(
                List.of(
                                new Text("I look."),
                                new Part.ToolCall("c", "look", Payload.parsed("{}")),
                                new Text("And search.\nWell."),
                                new Part.ToolCall("d", "web", Payload.parsed("{}")),
                                new Part.ToolResult("d", "web", TextNode.valueOf("found"), null, false, false),
                                new Text("Found."))
                        .toString(),
                messages.get(0).parts().toString());
    }

    @Test
    void readsWhatIsOdd() {
        List<Message> messages = read("""
                {"messages":[{"role":"reasoning","content":"hm"},{"role":"assistant","content":[
                  {"type":"tool_use","id":"c","name":"look","input":{}}],"tool_calls":[{"id":"c","name":"look","args":{}}]},
                 {"role":"tool","tool_call_id":"c","content":"","parts":[{"text":"seen"}]},
                 {"role":"tool","tool_call_id":"d","content":[{"type":"image","source":{"data":"AAAA"}},"and more"]},
                 {"role":"tool","toolCallId":"e","content":"none","error":"gone"},
                 7,null,"eight",[9],{"role":5,"content":{"a":1}},{"content":7}]}""");

        assertEquals(
                List.of(
                        "[ToolCall[id=c, name=look, input={}]]",
                        "[ToolResult[callId=c, name=look, output=\"seen\", exitCode=null, failed=false, partial=false]]",
                        "[ToolResult[callId=d, name=, output=\"[image]\\nand more\", exitCode=null, failed=false, partial=false]]",
                        "[ToolResult[callId=e, name=, output=\"none\", exitCode=null, failed=true, partial=false]]",
                        "[Text[text=7, attached=false]]"),
                messages.stream().map(message -> message.parts().toString()).toList());
    }

    @Test
    void partsOfOneMessageStandApart() {
        List<Message> messages = read("""
                {"system":[{"type":"text","text":"Be brief."},{"type":"text","text":""},{"type":"text","text":"Be kind."}],
                 "messages":[{"role":"user","content":["Look at this:",{"type":"text","text":"one"},{"type":"text","text":"two"}]},
                  {"role":"tool","tool_call_id":"c","content":["first",{"type":"text","text":""},{"type":"text","text":"second"}]}]}""");

        assertEquals(
                List.of(
                        List.of(new Text("Be brief.\nBe kind.")),
                        List.of(new Text("Look at this:\none\ntwo")),
                        List.of(new Part.ToolResult("c", "", TextNode.valueOf("first\nsecond"), null, false, false))),
                messages.stream().map(Message::parts).toList());
    }

    /** What a tool of the caller's gave back: a list of objects with types is content for a model only where these are known. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[{'type':'issue','title':'Login fails'},{'type':'pr','title':'Fix login'}]|[{'type':'issue','title':'Login fails'},{'type':'pr','title':'Fix login'}]",
                "[{'type':'comment','by':'me','text':'Yes'}]|[{'type':'comment','by':'me','text':'Yes'}]",
                "[{'type':7,'text':'Yes'}]|[{'type':7,'text':'Yes'}]",
                "[{'type':'text','text':'Yes'},{'type':'other','data':'AAAA'}]|'Yes\\n[other]'",
                "[{'type':'file','name':'a','size':12},{'type':'dir','name':'b'}]|[{'type':'file','name':'a','size':12},{'type':'dir','name':'b'}]",
                "[{'type':'text','name':'title'},{'type':'number','name':'age'}]|[{'type':'text','name':'title'},{'type':'number','name':'age'}]",
                "[{'type':'file','file':{'filename':'a.pdf'}}]|'[a.pdf]'",
                "[{'type':'image','base64':'AAAA','mime_type':'image/png'}]|'[image]'",
                "[{'type':'resource','resource':{'uri':'file:a','blob':'AAAA'}}]|'[resource]'",
                "['one',{'type':'tool_reference','tool_name':'look'}]|'one\\n[tool_reference]'",
                "[]|[]"
            })
    void tellsListsOfDataFromContent(String output, String told) {
        List<Message> messages = read(
                ("{'messages':[{'role':'user','parts':[{'type':'tool-look','toolCallId':'c','state':'output-available','output':"
                                + output + "}]}]}")
                        .replace('\'', '"'));

        Part.ToolResult result = (Part.ToolResult) messages.get(0).parts().get(0);
        assertEquals(told.replace('\'', '"'), result.output().toString());
    }

    /** What one part of a question is to a reader, in the forms of the agent APIs. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}}|[image_url]",
                "{'type':'input_image','image_url':'https://example.com/a.png'}|[input_image]",
                "{'type':'image','source':{'type':'base64','media_type':'image/png','data':'AAAA'}}|[image]",
                "{'type':'input_audio','input_audio':{'data':'AAAA','format':'wav'}}|[input_audio]",
                "{'type':'file','file':{'filename':'a.pdf','file_data':'AAAA'}}|[a.pdf]",
                "{'type':'file','file':{'file_id':'file-1'}}|[file]",
                "{'type':'input_file','filename':'b.pdf','file_data':'AAAA'}|[b.pdf]",
                "{'type':'file','mediaType':'text/plain','filename':'c.txt','url':'data:text/plain;base64,AAAA'}|[c.txt]",
                "{'type':'document','title':'The terms','source':{'type':'base64','data':'AAAA'}}|[The terms]",
                "{'type':'document','title':'The terms','source':{'type':'text','data':'Pay at once.'}}|Pay at once.",
                "{'type':'document','source':{'type':'content','content':[{'type':'text','text':'Pay later.'}]}}|Pay later."
            })
    void namesWhatIsNoText(String part, String shown) {
        List<Message> messages =
                read(("{'messages':[{'role':'user','content':[" + part + "]},{'role':'user','parts':[" + part + "]}]}")
                        .replace('\'', '"'));

        Message expected = new Message(Role.USER, List.of(new Text(shown, true)));
        assertEquals(List.of(expected, expected), messages);
    }

    /** What was written is told apart from what came with it. */
    @Test
    void namesAttachmentsWhereTheyStand() {
        List<Message> messages = read("""
                {"messages":[{"role":"user","content":[{"type":"text","text":"First:"},{"type":"image","source":{"data":"AAAA"}},
                   {"type":"text","text":"Second:"},{"type":"file","file":{"filename":"a.pdf"}},"Compare them.",{"type":"text","text":"Please."}]},
                  {"role":"tool","tool_call_id":"c","content":"","parts":[{"text":"seen"},{"type":"image"}]}]}""");

        assertEquals(
                List.of(
                        List.of(
                                new Text("First:"),
                                new Text("[image]", true),
                                new Text("Second:"),
                                new Text("[a.pdf]", true),
                                new Text("Compare them.\nPlease.")),
                        List.of(new Part.ToolResult("c", "", TextNode.valueOf("seen\n[image]"), null, false, false))),
                messages.stream().map(Message::parts).toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{'type':'text','text':''}", "{'type':'step-start'}", "{'type':'thinking','thinking':'hm'}"})
    void namesNothingThatIsNoAttachment(String part) {
        assertEquals(List.of(), read(("{'messages':[{'role':'user','content':[" + part + "]}]}").replace('\'', '"')));
    }

    @Test
    void readsAFailureAndTheTextThatComesWithIt() {
        List<Message> messages = read("""
                {"messages":[{"role":"user","content":[{"type":"text","text":"Try again."},
                  {"type":"tool_result","tool_use_id":"c","is_error":true,"content":{"code":5}}]}]}""");

        assertEquals(
                List.of(Role.TOOL, Role.USER),
                messages.stream().map(Message::role).toList());
        assertTrue(((Part.ToolResult) messages.get(0).parts().get(0)).failed());
        assertEquals(new Text("Try again."), messages.get(1).parts().get(0));
    }

    /** A list of so many values as a conversation of thousands of messages has. */
    private static String list(String item, int times) {
        return "[" + (item + ",").repeat(times) + item + "]";
    }

    private static final String NUMBERS = list("1", 20_000);

    @ParameterizedTest
    @ValueSource(strings = {"{\"messages\":%s}", "{\"input\":%s}", "{\"input\":{\"messages\":%s}}"})
    void readsAConversationOfManyValues(String body) {
        String messages = "[{\"role\":\"user\",\"content\":\"Count.\"},"
                + ("{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":{\"all\":" + NUMBERS + "}},").repeat(4)
                + "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Counted.\"}]}]";

        List<Message> read = read(body.formatted(messages));

        assertEquals(6, read.size());
        assertEquals(List.of(new Text("Count.")), read.get(0).parts());
        assertEquals(
                "{\"all\":" + NUMBERS + "}",
                ((Part.ToolResult) read.get(4).parts().get(0)).output().toString());
        assertEquals(new Message(Role.ASSISTANT, List.of(new Text("Counted."))), read.get(5));
    }

    @Test
    void aResultOfManyValuesIsWhole() {
        String many = list("1", 60_000);

        List<Message> read =
                read("{\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":{\"n\":" + many + "}}]}");

        assertEquals(
                "{\"n\":" + many + "}",
                ((Part.ToolResult) read.get(0).parts().get(0)).output().toString());
    }

    @Test
    void saysThatAMessageOfTooManyValuesIsLeftOut() {
        String many = list("{\"text\":\"a\"}", 30_000);
        for (String body : List.of(
                "{\"messages\":[{\"role\":\"user\",\"content\":" + many + "},{\"role\":\"user\",\"content\":\"b\"}]}",
                "{\"system\":" + many + ",\"messages\":[{\"role\":\"user\",\"content\":\"b\"}]}")) {
            RequestMessages read = RequestMessages.of(body);

            assertEquals(List.of(new Message(Role.USER, List.of(new Text("b")))), read.messages());
            assertTrue(read.truncated());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{%s,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],%s}",
                "{\"input\":{%s,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}}",
                "{\"input\":{%s},\"prompt\":\"a\"}"
            })
    void readsMessagesBesideVeryManyMembers(String body) {
        String many =
                IntStream.range(0, 25_000).mapToObj(i -> "\"k" + i + "\":1").collect(Collectors.joining(","));

        assertEquals(List.of(new Message(Role.USER, List.of(new Text("a")))), read(body.formatted(many)));
    }

    @Test
    void saysThatTheLastOfTooManyMessagesAreLeftOut() {
        RequestMessages read =
                RequestMessages.of("{\"messages\":" + list("{\"role\":\"user\",\"content\":\"a\"}", 100_000) + "}");

        assertEquals(50_000, read.messages().size());
        assertTrue(read.truncated());
    }
}
