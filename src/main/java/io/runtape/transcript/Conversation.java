package io.runtape.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.Message;
import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import io.runtape.run.Sha256;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The messages over the runs of a thread, each message once. Callers of most agent APIs send the whole conversation
 * with every run, so a request mostly repeats what earlier runs have shown. Confined to one thread.
 */
final class Conversation {

    /**
     * Digests of roles and texts, calls and results, without regard to white space: the texts themselves would be in memory
     * twice.
     */
    private final Set<String> seen = new HashSet<>();

    /** The ids of the calls whose results have been seen. */
    private final Set<String> answeredCalls = new HashSet<>();

    /** The messages of the last run. They count as seen for the next one: most transcripts are of one run, and digests take long. */
    private final List<Message> last = new ArrayList<>();

    /** The new messages of the next run's request. */
    List<Message> asked(List<Message> request) {
        last.forEach(this::see);
        last.clear();
        last.addAll(request);
        return seen.isEmpty() ? request : fresh(request);
    }

    /**
     * The messages of a request that no earlier run can have brought: those behind the last response, but for those of the
     * system, which a caller sends each time.
     */
    static List<Message> latest(List<Message> request) {
        int from = request.size();
        while (from > 0 && request.get(from - 1).role() != Role.ASSISTANT) {
            from--;
        }
        return request.subList(from, request.size()).stream()
                .filter(message -> message.role() != Role.SYSTEM)
                .toList();
    }

    /** The run's response without the question, which some runtimes return first. */
    List<Message> answered(List<Message> response, List<Message> request) {
        List<Message> said = response.subList(questions(response, request), response.size());
        last.addAll(said);
        return said;
    }

    /** With how many questions of the request the response begins. */
    private static int questions(List<Message> response, List<Message> request) {
        if (response.isEmpty() || !isQuestion(response.get(0))) {
            return 0;
        }
        Set<String> asked = new HashSet<>();
        request.stream().filter(Conversation::isQuestion).map(Conversation::key).forEach(asked::add);
        int questions = 0;
        while (questions < response.size() && asked.contains(key(response.get(questions)))) {
            questions++;
        }
        return questions;
    }

    private static boolean isQuestion(Message message) {
        return message.role() == Role.USER;
    }

    private List<Message> fresh(List<Message> request) {
        int tail = tail(request);
        int repeated = 0;
        for (int i = 0; i < tail; i++) {
            if (isQuestion(request.get(i)) && isSeen(request.get(i))) {
                repeated = i + 1;
            }
        }
        // After a repeated question comes its response, which clients keep in their own words.
        while (repeated > 0 && repeated < tail && !isQuestion(request.get(repeated))) {
            repeated++;
        }
        List<Message> fresh = new ArrayList<>();
        for (int i = 0; i < request.size(); i++) {
            Message message = request.get(i);
            if (message.role() == Role.TOOL
                    && message.parts().stream().noneMatch(part -> callId(part).isEmpty())) {
                addResults(message, i >= tail, fresh);
                continue;
            }
            boolean isNew = i >= tail
                    || isQuestion(message) && i >= repeated
                    || !isQuestion(message) && !isSeen(message) && (i >= repeated || message.role() == Role.SYSTEM);
            if (isNew) {
                fresh.add(message);
            }
        }
        return fresh;
    }

    /** The call of which this is the result; empty if it is none, or does not name it. */
    private static String callId(Part part) {
        return part instanceof Part.ToolResult result ? result.callId() : "";
    }

    /**
     * Adds the results that have not been seen, wherever they stand. Some runtimes give the calls of each response the same ids, so
     * that of the newest results all are new if none seems to be.
     */
    private void addResults(Message message, boolean newest, List<Message> fresh) {
        List<Part> unseen = message.parts().stream()
                .filter(part -> !answeredCalls.contains(callId(part)))
                .toList();
        if (!unseen.isEmpty()) {
            fresh.add(new Message(Role.TOOL, unseen));
        } else if (newest) {
            fresh.add(message);
        }
    }

    /**
     * The beginning of what no earlier run can have seen. It is behind the last response, or, without a response, at
     * the last question, which may repeat an earlier one.
     */
    private static int tail(List<Message> request) {
        int lastQuestion = request.size();
        for (int i = request.size() - 1; i >= 0; i--) {
            if (request.get(i).role() == Role.ASSISTANT) {
                return i + 1;
            }
            if (isQuestion(request.get(i)) && lastQuestion == request.size()) {
                lastQuestion = i;
            }
        }
        return lastQuestion;
    }

    private boolean isSeen(Message message) {
        return seen.contains(key(message));
    }

    private void see(Message message) {
        seen.add(key(message));
        message.parts().stream()
                .map(Conversation::callId)
                .filter(call -> !call.isEmpty())
                .forEach(answeredCalls::add);
    }

    /**
     * What of the message is compared: its texts, which clients keep, or if it has none, its calls and results. What is attached
     * counts only where nothing is said: agents repeat questions without it, and so does what earlier versions kept.
     */
    private static String key(Message message) {
        Sha256 words = new Sha256().add(message.role().ordinal());
        boolean hasText = message.parts().stream().anyMatch(Part.Text.class::isInstance);
        boolean says = message.parts().stream().anyMatch(part -> part instanceof Part.Text text && !text.attached());
        for (Part part : message.parts()) {
            if (part instanceof Part.Text text) {
                if (!says || !text.attached()) {
                    add(text.text(), words);
                }
            } else if (!hasText && part instanceof Part.ToolCall call) {
                add(call.id() + ' ' + call.name(), words);
            } else if (!hasText && part instanceof Part.ToolResult result) {
                JsonNode output = result.output();
                add(result.callId(), words);
                add(output == null ? "" : output.isTextual() ? output.textValue() : output.toString(), words);
            }
        }
        return words.hex();
    }

    private static void add(String text, Sha256 words) {
        byte[] some = new byte[Math.min(8192, 2 * text.length())];
        int filled = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isWhitespace(c)) {
                some[filled++] = (byte) (c >> 8);
                some[filled++] = (byte) c;
            }
            if (filled == some.length) {
                words.add(some);
                filled = 0;
            }
        }
        words.add(some, 0, filled);
    }
}
