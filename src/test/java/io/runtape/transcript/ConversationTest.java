package io.runtape.transcript;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.dialect.Message;
import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
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

    @Test
    void showsAQuestionOnceThatTheResponseRepeats() {
        assertEquals(List.of(user("a"), assistant("x")), run(List.of(user("a")), user("a "), assistant("x")));
        assertEquals(
                List.of(user("b"), user("other"), assistant("y")),
                run(List.of(user("b")), user("other"), assistant("y")));
    }
}
