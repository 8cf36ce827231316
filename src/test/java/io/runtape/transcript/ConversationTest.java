package io.runtape.transcript;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.dialect.Message;
import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ConversationTest {

    private final Conversation conversation = new Conversation();

    private static Message user(String text) {
        return new Message(Role.USER, List.of(new Part.Text(text)));
    }

    private static Message assistant(String text) {
        return new Message(Role.ASSISTANT, List.of(new Part.Text(text)));
    }

    private static Message system(String text) {
        return new Message(Role.SYSTEM, List.of(new Part.Text(text)));
    }

    private static Message tool(String text) {
        return new Message(Role.TOOL, List.of(new Part.Text(text)));
    }

    /** A run that asks this and is answered that. */
    private List<Message> run(List<Message> request, Message... response) {
        List<Message> asked = conversation.asked(request);
        return Stream.concat(asked.stream(), conversation.answered(List.of(response), request).stream())
                .toList();
    }

    private static Message called(String... ids) {
        return new Message(
                Role.ASSISTANT,
                Stream.of(ids)
                        .<Part>map(id -> new Part.ToolCall(id, "look", null))
                        .toList());
    }

    private static Message answered(String... ids) {
        return new Message(
                Role.TOOL,
                Stream.of(ids)
                        .<Part>map(
                                id -> new Part.ToolResult(id, "look", TextNode.valueOf("of " + id), null, false, false))
                        .toList());
    }

    /** Each step sends the whole conversation. */
    @Test
    void showsTheStepsOfALoopOnce() {
        List<Message> request = new ArrayList<>(List.of(system("s"), user("a")));
        assertEquals(List.of(system("s"), user("a"), called("1", "2")), run(request, called("1", "2")));
        request.addAll(List.of(called("1"), answered("1"), called("2"), answered("2")));
        assertEquals(List.of(answered("1"), answered("2"), called("3")), run(request, called("3")));
        request.addAll(List.of(called("3"), answered("3")));
        assertEquals(List.of(answered("3"), assistant("x")), run(request, assistant("x")));
        request.addAll(List.of(assistant("x"), user("b")));
        assertEquals(List.of(user("b"), assistant("y")), run(request, assistant("y")));
    }

    @Test
    void showsResultsThatTheRunItselfBroughtOnce() {
        run(List.of(user("a")), called("1"), answered("1"));

        assertEquals(List.of(answered("2")), run(List.of(user("a"), called("1", "2"), answered("1", "2"))));
    }

    /** Some runtimes count the calls of each response anew. */
    @Test
    void showsNewResultsOfCallsWithOldIds() {
        run(List.of(user("a")), called("1"));
        run(List.of(user("a"), called("1"), answered("1")), called("1"));

        assertEquals(
                List.of(answered("1")),
                run(List.of(user("a"), called("1"), answered("1"), called("1"), answered("1"))));
    }

    /** A client that sends only the last exchange keeps its text alone. */
    @Test
    void knowsAResponseByItsText() {
        run(
                List.of(user("a")),
                new Message(
                        Role.ASSISTANT,
                        List.of(
                                new Part.ToolCall("1", "look", null),
                                new Part.ToolResult("1", "look", null, null, false, false),
                                new Part.Text("x"))));

        assertEquals(List.of(user("b")), run(List.of(assistant("x"), user("b"))));
    }

    @Test
    void showsTheFirstRunWhole() {
        List<Message> request = List.of(system("s"), user("a"), assistant("x"), user("b"));

        assertEquals(
                List.of(system("s"), user("a"), assistant("x"), user("b"), assistant("y")),
                run(request, assistant("y")));
    }

    @Test
    void showsOfARepeatedConversationWhatIsNew() {
        run(List.of(system("s"), user("a")), assistant("x, and how I came to it"));

        assertEquals(
                List.of(user("b"), assistant("y")),
                run(List.of(system("s"), user("a"), assistant("x"), user("b")), assistant("y")));
        assertEquals(
                List.of(user("c")),
                run(List.of(system("s"), user("a"), assistant("x"), user("b"), assistant("y"), user("c"))));
    }

    @Test
    void showsTheSameQuestionAgain() {
        run(List.of(user("continue")), assistant("x"));

        assertEquals(List.of(user("continue")), run(List.of(user("continue"))));
        assertEquals(List.of(user("continue")), run(List.of(user("continue"), assistant("x"), user("continue"))));
    }

    @Test
    void leavesOutRepeatedQuestionsWithoutTheirAnswers() {
        run(List.of(user("a")), assistant("x"));

        assertEquals(List.of(user("b")), run(List.of(user(" a\n"), user("b"))));
    }

    @Test
    void showsTurnsThatWereNotRecorded() {
        run(List.of(user("a")), assistant("x"));

        assertEquals(
                List.of(user("b"), assistant("y"), user("c")),
                run(List.of(user("a"), assistant("x"), user("b"), assistant("y"), user("c"))));
    }

    @Test
    void showsAConversationFromElsewhere() {
        run(List.of(user("a")), assistant("x"));

        assertEquals(List.of(user("p"), assistant("q"), user("r")), run(List.of(user("p"), assistant("q"), user("r"))));
    }

    @Test
    void showsToolResultsThatAClientSendsBack() {
        run(List.of(user("a")), assistant("call"));

        assertEquals(List.of(tool("42")), run(List.of(user("a"), assistant("call"), tool("42"))));
    }

    @Test
    void showsAChangedSystemPrompt() {
        run(List.of(system("s"), user("a")), assistant("x"));

        assertEquals(List.of(system("t"), user("b")), run(List.of(system("t"), user("a"), assistant("x"), user("b"))));
    }

    private static Message withImage(String... texts) {
        return new Message(
                Role.USER,
                Stream.concat(Stream.of(texts).map(Part.Text::new), Stream.of(new Part.Text("[image]", true)))
                        .<Part>map(part -> part)
                        .toList());
    }

    /** Earlier versions kept questions without what was attached, in one part. */
    @Test
    void knowsAQuestionWithoutWhatIsAttached() {
        run(List.of(user("a\nb")), assistant("x"));

        assertEquals(List.of(user("c")), run(List.of(withImage("a", "b"), assistant("x"), user("c"))));
        assertEquals(List.of(user("d")), run(List.of(user("a b"), assistant("x"), user("d"))));
        assertEquals(List.of(withImage("e"), assistant("y")), run(List.of(withImage("e")), user("e"), assistant("y")));
    }

    @Test
    void knowsAQuestionThatIsOnlyAnImage() {
        assertEquals(List.of(withImage(), assistant("x")), run(List.of(withImage()), assistant("x")));

        assertEquals(List.of(user("b")), run(List.of(withImage(), assistant("x"), user("b"))));
    }

    @Test
    void showsAQuestionOnceThatTheResponseRepeats() {
        assertEquals(List.of(user("a"), assistant("x")), run(List.of(user("a")), user("a "), assistant("x")));
        assertEquals(
                List.of(user("b"), user("other"), assistant("y")),
                run(List.of(user("b")), user("other"), assistant("y")));
    }
}
