package io.runtape.dialect.runtools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.dialect.AllDialects;
import io.runtape.dialect.Dialect;
import io.runtape.dialect.Message;
import io.runtape.dialect.Part;
import io.runtape.dialect.Part.ErrorPart;
import io.runtape.dialect.Part.FilePart;
import io.runtape.dialect.Part.Reasoning;
import io.runtape.dialect.Part.Text;
import io.runtape.dialect.Part.ToolCall;
import io.runtape.dialect.Part.ToolResult;
import io.runtape.dialect.Payload;
import io.runtape.dialect.Role;
import io.runtape.json.LeanTree;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunToolsTranscriptTest {
    @Test
    void joinsDeltas() {
        List<Part> parts = new Script()
                .with("run_started", "{'runId':'run_1','threadId':'thr_1'}")
                .with("assistant_message_delta", "{'delta':'Let me '}")
                .with("assistant_message_delta", "{'delta':'check… '}")
                .with("tool_output_delta", "{'toolCallId':'t1','stream':'stdout','delta':'PASS  1/3\\n'}")
                .with("tool_output_delta", "{'toolCallId':'t1','stream':'stderr','delta':'⚠ warn\\r\\n'}")
                .with("assistant_message_delta", "{'delta':'Done ✅'}")
                .with("run_completed", "{'runId':'run_1','status':'completed'}")
                .parts();

        assertEquals(
                List.of(
                        new Text("Let me check… "),
                        new ToolResult("t1", "", text("PASS  1/3\n⚠ warn\r\n"), null, false, true),
                        new Text("Done ✅")),
                parts);
    }

    @Test
    void readsTheRunVocabulary() {
        List<Part> parts = new Script()
                .with("thinking", "{'content':'I should list the files first.'}")
                .with("tool_call", "{'id':'tc_1','name':'bash','arguments':{'command':'ls -la'}}")
                .with("tool_result", "{'id':'tc_1','output':'total 8','exitCode':0}")
                .with("thinking", "{'content':'One file.'}")
                .with("complete", "{'result':'There is one file 📄','usage':{'inputTokens':120}}")
                .parts();

        assertEquals(
                List.of(
                        new Reasoning("I should list the files first."),
                        new ToolCall("tc_1", "bash", json("{'command':'ls -la'}")),
                        new ToolResult("tc_1", "bash", text("total 8"), 0, false, false),
                        new Reasoning("One file."),
                        new Text("There is one file 📄")),
                parts);
    }

    @Test
    void readsTheTextOfDataThatNamesItsEvent() {
        List<Part> parts = new Script()
                .with("thinking", "{'type':'thinking','content':'Hm.'}")
                .with("message", "{'type':'thinking','payload':{'type':'thinking','content':'So.'}}")
                .with("tool_output_delta", "{'type':'tool_output_delta','toolCallId':'c','output':'1\\n'}")
                .with("tool_output_delta", "{'type':'tool_output_delta','toolCallId':'c','output':'2'}")
                .with("error", "{'type':'tool_error','message':'It broke.'}")
                .parts();

        assertEquals(
                List.of(
                        new Reasoning("Hm."),
                        new Reasoning("So."),
                        new ToolResult("c", "", text("1\n2"), null, false, true),
                        new ErrorPart("upstream_error", "It broke.")),
                parts);
    }

    @Test
    void leavesOutOfMessagesWhatIsNoText() {
        List<Part> parts = new Script()
                .with("assistant_message_delta", "{'type':'tool_result','text':'of a tool'}")
                .with("assistant_message", "{'type':'thinking','content':'Hm.'}")
                .with("assistant_message", "{'type':'text','text':'Done.'}")
                .parts();

        assertEquals(List.of(new Text("Done.")), parts);
    }

    @Test
    void tellsTheMessageBesideATextOfAnError() {
        List<Message> said = AllDialects.dialects()
                .of("auto", "/v1/run")
                .answered("{\"status\":500,\"error\":\"Internal Server Error\",\"message\":\"No API key\"}");

        assertEquals(
                List.of(new ErrorPart("upstream_error", "No API key")),
                said.get(0).parts());
    }

    @Test
    void numbersStayAsTheyWereWritten() {
        Script script = new Script()
                .with("tool_call", "{'toolCallId':'c','name':'t','arguments':{'at':1730000000.123,'p':0.10}}")
                .with("tool_result", "{'toolCallId':'c','output':1.50}");

        assertEquals(
                "[ToolCall[id=c, name=t, input={\"at\":1730000000.123,\"p\":0.10}],"
                        + " ToolResult[callId=c, name=t, output=1.50, exitCode=null, failed=false, partial=false]]",
                script.parts().toString());
    }

    @Test
    void anEmptyErrorIsNone() {
        for (String none : List.of("null", "false", "''", "' '")) {
            List<Part> parts = new Script()
                    .with("tool_result", "{'toolCallId':'c','output':'ok','error':" + none + "}")
                    .with("tool_result", "{'toolCallId':'d','error':" + none + "}")
                    .with("run_completed", "{'result':'Done.','error':" + none + "}")
                    .parts();

            assertEquals(
                    List.of(
                            new ToolResult("c", "", text("ok"), null, false, false),
                            new ToolResult("d", "", null, null, false, false),
                            new Text("Done.")),
                    parts,
                    none);
        }
    }

    @Test
    void takesAResultThatIsNoJson() {
        List<Part> parts = new Script()
                .with("tool_call", "{'id':'t1','name':'cat','arguments':{'path':'a.py'}}")
                .with("tool_result", "def f():\n    return 1\n\n\n# конец")
                .with("tool_result", "")
                .with("complete", "{}")
                .parts();

        assertEquals(
                List.of(
                        new ToolCall("t1", "cat", json("{'path':'a.py'}")),
                        new ToolResult("t1", "cat", text("def f():\n    return 1\n\n\n# конец"), null, false, false),
                        new ToolResult("", "", text(""), null, false, false)),
                parts);
    }

    @Test
    void letsAMessageStandForItsDeltas() {
        List<Part> parts = new Script()
                .with("assistant_message_delta", "{'delta':'Hello'}")
                .with("assistant_message_delta", "{'delta':' wor'}")
                .with("assistant_message", "{'content':'Hello world.'}")
                .with("assistant_message_delta", "{'delta':'Bye'}")
                .with("run_completed", "{'result':'Bye'}")
                .parts();

        assertEquals(List.of(new Text("Hello world."), new Text("Bye")), parts);
    }

    @Test
    void setsThePartsOfAMessageApartButNotThoseOfADelta() {
        List<Part> parts = new Script()
                .with("assistant_message_delta", "{'delta':[{'text':'Hel'},{'text':'lo'}]}")
                .with("assistant_message_delta", "{'content':[{'text':' th'},{'text':'ere'}]}")
                .with("assistant_message", "{'content':[{'text':'Hello'},{'text':' there'}]}")
                .with("assistant_message", "{'content':[{'text':'One.'},{'text':'Two.'}]}")
                .parts();

        assertEquals(List.of(new Text("Hello there"), new Text("One.\nTwo.")), parts);
    }

    @Test
    void leavesThePiecesOfAMessageWhereTheyWereTyped() {
        List<Part> parts = new Script()
                .with("assistant_message_delta", "{'delta':'Looking. '}")
                .with("tool_call", "{'id':'t1','name':'ls'}")
                .with("tool_result", "{'id':'t1','output':'a'}")
                .with("assistant_message_delta", "{'delta':'Found a.'}")
                .with("assistant_message", "{'content':'Looking.\\n\\nFound a.'}")
                .parts();

        assertEquals(new Text("Looking. "), parts.get(0));
        assertEquals(new Text("Found a."), parts.get(3));
        assertEquals(4, parts.size());
    }

    @Test
    void summarisesOnlyTheLastPieceWhereTheMessageIsOnlyThat() {
        List<Part> parts = new Script()
                .with("assistant_message_delta", "{'delta':'Looking.'}")
                .with("assistant_thinking_delta", "{'delta':'hm'}")
                .with("assistant_thinking_delta", "{'delta':'m'}")
                .with("assistant_message_delta", "{'delta':'Found'}")
                .with("assistant_message", "{'content':'Found a.','thinking':'hmm'}")
                .with("assistant_message_delta", "{'delta':'Next'}")
                .parts();

        assertEquals(
                List.of(new Text("Looking."), new Reasoning("hmm"), new Text("Found a."), new Text("Next")), parts);
    }

    @Test
    void keepsMessagesThatHaveNoDeltas() {
        List<Part> parts = new Script()
                .with(
                        "assistant_message",
                        "{'content':[{'type':'text','text':'One.'},{'type':'tool_use','text':'no'}]}")
                .with("assistant_message", "{'content':'Two.'}")
                .with("run_completed", "{'result':'Two.'}")
                .parts();

        assertEquals(List.of(new Text("One."), new Text("Two.")), parts);
    }

    @Test
    void addsAResponseThatNoMessageGave() {
        assertEquals(
                List.of(new Text("One."), new Text("Two.")),
                new Script()
                        .with("assistant_message", "{'content':'One.'}")
                        .with("run_completed", "{'result':'Two.'}")
                        .parts());
        assertEquals(
                List.of(new Text("{\n  \"a\": 1\n}")),
                new Script().with("run_completed", "{'result':{'a':1}}").parts());
    }

    @Test
    void tellsAResultOfManyPartsOnce() {
        assertEquals(
                List.of(new Text("{\n  \"a\": {\"b\":[1]}\n}"), new Text("Done.")),
                new Script()
                        .with("run_completed", "{'result':{'a':{'b':[1]}}}")
                        .with("run_completed", "{'result':{'a':{'b':[1]}}}")
                        .with("run_completed", "{'result':[2]}")
                        .with("run_completed", "{'result':'Done.'}")
                        .parts());
    }

    @Test
    void pairsResultsByOrderWhereThereIsNoId() {
        List<Part> parts = new Script()
                .with("tool_call", "{'tool':'read','input':'a.js'}")
                .with("tool_call", "{'tool':'grep','input':{'q':'x'}}")
                .with("tool_result", "{'tool':'grep','output':'2 hits'}")
                .with("tool_result", "{'output':'text'}")
                .parts();

        assertEquals(
                List.of(
                        new ToolCall("call-1", "read", text("a.js")),
                        new ToolCall("call-2", "grep", json("{'q':'x'}")),
                        new ToolResult("call-2", "grep", text("2 hits"), null, false, false),
                        new ToolResult("call-1", "read", text("text"), null, false, false)),
                parts);
    }

    @Test
    void completesAnAnnouncedCallAndItsStreamedOutput() {
        List<Part> parts = new Script()
                .with("tool_call_started", "{'toolCallId':'t1','name':'bash'}")
                .with("tool_call", "{'toolCallId':'t1','name':'bash','arguments':'{\\'command\\':\\'ls\\'}'}")
                .with("tool_output_delta", "{'toolCallId':'t1','delta':'a\\n'}")
                .with("tool_output_delta", "{'toolCallId':'t1','delta':'b\\n'}")
                .with("tool_result", "{'toolCallId':'t1','output':'a\\nb\\n','exitCode':2}")
                .with("tool_call_completed", "{'toolCallId':'t1','name':'bash'}")
                .parts();

        assertEquals(
                List.of(
                        new ToolCall("t1", "bash", json("{'command':'ls'}")),
                        new ToolResult("t1", "bash", text("a\nb\n"), 2, true, false)),
                parts);
    }

    @Test
    void completesAnAnnouncedCallWithoutAnId() {
        List<Part> parts = new Script()
                .with("tool_call_started", "{'name':'bash'}")
                .with("tool_call", "{'function':{'name':'bash','arguments':'{}'}}")
                .with("tool_call", "{'name':'bash','arguments':{}}")
                .with("tool_call_completed", "{'name':'bash','result':{'ok':true}}")
                .parts();

        assertEquals(
                List.of(
                        new ToolCall("call-1", "bash", json("{}")),
                        new ToolCall("call-2", "bash", json("{}")),
                        new ToolResult("call-1", "bash", json("{'ok':true}"), null, false, false)),
                parts);
    }

    @Test
    void tellsTheErrorOfACallThatHasNoOtherResult() {
        List<Part> parts = new Script()
                .with("tool_call", "{'toolCallId':'t1','name':'bash','arguments':{}}")
                .with("tool_call_completed", "{'toolCallId':'t1','name':'bash','error':'timed out'}")
                .with("tool_call", "{'toolCallId':'t2','name':'bash','arguments':{}}")
                .with("tool_result", "{'toolCallId':'t2','output':'half'}")
                .with("tool_call_completed", "{'toolCallId':'t2','name':'bash','error':'timed out'}")
                .parts();

        assertEquals(
                List.of(
                        new ToolCall("t1", "bash", json("{}")),
                        new ToolResult("t1", "bash", text("timed out"), null, true, false),
                        new ToolCall("t2", "bash", json("{}")),
                        new ToolResult("t2", "bash", text("half"), null, true, false)),
                parts);
    }

    @Test
    void pairsWrappedEventsByTheirInnerIds() {
        List<Part> parts = new Script()
                .with("tool_call", "{'id':'evt_1','type':'tool_call','payload':{'id':'t1','name':'ls'}}")
                .with("tool_result", "{'id':'evt_2','type':'tool_result','payload':{'id':'t1','error':'denied'}}")
                .parts();

        assertEquals(
                List.of(new ToolCall("t1", "ls", null), new ToolResult("t1", "ls", text("denied"), null, true, false)),
                parts);
    }

    @Test
    void showsFilesAndAddressesOnce() {
        List<Part> parts = new Script()
                .with("file_edit", "{'path':'a.js','action':'created','diff':'+1'}")
                .with("dev_url", "{'url':'http://localhost:3000','port':3000}")
                .with(
                        "complete",
                        "{'output':'Built.','files':['a.js',{'path':'b.js'}],'devUrl':'http://localhost:3000'}")
                .parts();

        assertEquals(
                List.of(
                        new FilePart("a.js", "created", "+1", null),
                        new FilePart(null, null, null, "http://localhost:3000"),
                        new Text("Built."),
                        new FilePart("b.js", null, null, null)),
                parts);
    }

    @Test
    void showsAnErrorOnce() {
        List<Part> parts = new Script()
                .with("error", "{'code':'boom','message':'It broke.'}")
                .with("run_failed", "{'error':{'code':'boom','message':'It broke.'}}")
                .parts();

        assertEquals(List.of(new ErrorPart("boom", "It broke.")), parts);
    }

    @Test
    void beginsAMessageAfterTheUsers() {
        List<Message> messages = new Script()
                .with("user_message", "{'content':'Hi'}")
                .with("assistant_message", "{'content':'Hello'}")
                .with("user_message", "{'message':{'parts':[{'type':'text','text':'Go on'}]}}")
                .with("assistant_message_delta", "{'delta':'Hello'}")
                .messages();

        assertEquals(
                List.of(
                        new Message(Role.USER, List.of(new Text("Hi"))),
                        new Message(Role.ASSISTANT, List.of(new Text("Hello"))),
                        new Message(Role.USER, List.of(new Text("Go on"))),
                        new Message(Role.ASSISTANT, List.of(new Text("Hello")))),
                messages);
    }

    @Test
    void findsTheTypeInUnnamedEvents() {
        List<Part> parts = new Script()
                .with("message", "{'type':'assistant_message_delta','delta':'Hel'}")
                .with("message", "{'type':'assistant_message_delta','payload':{'text':'lo'}}")
                .parts();

        assertEquals(List.of(new Text("Hello")), parts);
    }

    @Test
    void keepsDeltasThatAreNumbersOrSpaces() {
        List<Part> parts = new Script()
                .with("assistant_message_delta", "{'delta':'1'}")
                .with("assistant_message_delta", " ")
                .with("assistant_message_delta", "2")
                .parts();

        assertEquals(List.of(new Text("1 2")), parts);
    }

    @Test
    void showsAStrangeStreamAsItStands() {
        List<Part> parts = new Script()
                .with("message", "{'choices':[]}")
                .with("content", "Hi")
                .with("message", "[DONE]")
                .parts();

        assertEquals(List.of(new Text("{\"choices\":[]}"), new Text("Hi")), parts);
    }

    @Test
    void isEmptyForAnEmptyStream() {
        assertEquals(List.of(), new Script().messages());
        assertEquals(List.of(), new Script().with("run_started", "{}").messages());
    }

    @Test
    void readsAJsonResponse() {
        Dialect dialect = AllDialects.dialects().of("auto", "/v1/run");

        assertEquals(
                List.of(new Message(Role.ASSISTANT, List.of(new Text("Green.")))),
                dialect.answered("{\"data\":{\"status\":\"completed\",\"result\":\"Green.\"}}"));
        assertEquals(
                List.of(new Message(Role.ASSISTANT, List.of(new ErrorPart("not_found", "No agent.")))),
                dialect.answered("{\"error\":{\"code\":\"not_found\",\"message\":\"No agent.\"}}"));
        assertEquals(List.of(new Message(Role.ASSISTANT, List.of(new Text("<html>")))), dialect.answered("<html>"));
    }

    private static TextNode text(String text) {
        return TextNode.valueOf(text);
    }

    private static JsonNode json(String text) {
        return LeanTree.compact(Payload.parsed(text.replace('\'', '"')));
    }
}
