package io.runtape.diff;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.runtape.dialect.JsonLines;
import io.runtape.dialect.Message;
import io.runtape.dialect.Part;
import io.runtape.dialect.Payload;
import io.runtape.dialect.Role;
import io.runtape.history.JsonText;
import io.runtape.history.run.RunSnapshot;
import io.runtape.history.run.RunView;
import io.runtape.transcript.PlacedPart;
import io.runtape.transcript.RunContentReader;
import io.runtape.transcript.RunConversation;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compares runs as they are at this moment. Blocks; safe for any thread. */
@Singleton
final class RunDiffs {

    /** A text that is compared is in memory in its parts, joined, cut and in pieces, of up to two bytes a character. */
    private static final int BYTES_A_CHARACTER = 6;

    private final RunContentReader contents;
    private final RequestMembers requests;

    RunDiffs(RunContentReader contents, RequestMembers requests) {
        this.contents = contents;
        this.requests = requests;
    }

    /**
     * Compares two runs.
     *
     * @param comparer compares their texts, and may go on with what is left of its bound
     * @param room takes how many bytes that needs; may wait until there is room for them, or throw
     */
    RunDiff of(RunSnapshot first, RunSnapshot second, TextComparer comparer, LongConsumer room) throws SQLException {
        RunView one = RunView.of(first);
        RunView other = RunView.of(second);
        LongConsumer taken =
                new RoomAhead(room, RunContentReader.room(one.byteCount()) + RunContentReader.room(other.byteCount()));
        RunConversation ofFirst = contents.conversation(first.row(), taken);
        RunConversation ofSecond = contents.conversation(second.row(), taken);
        taken.accept(BYTES_A_CHARACTER * (characters(ofFirst) + characters(ofSecond)));
        TextDiff text = comparer.compare(text(ofFirst), text(ofSecond));
        Pairing<Message> asked = pairing(ofFirst.asked(), ofSecond.asked(), comparer);
        List<AskedDiff> messages = messages(asked, comparer);
        boolean sameMessages = areSame(messages);
        Pairing<Message> heard = pairing(heard(ofFirst), heard(ofSecond), comparer);
        messages.addAll(messages(heard, comparer));
        RequestMembers.Compared members = requests.compare(
                first.row(),
                second.row(),
                sameMessages,
                !ofFirst.askedTruncated() && !ofSecond.askedTruncated(),
                taken);
        RequestDiff request = new RequestDiff(
                areSame(messages) && members.equal(),
                asked.tooLong() || heard.tooLong(),
                messages,
                members.differing());
        List<ComparedRun> runs = List.of(
                ComparedRun.of(one, ofFirst.truncated() || !members.firstIsWhole()),
                ComparedRun.of(other, ofSecond.truncated() || !members.secondIsWhole()));
        @Nullable TextDiff reasoning = reasoning(reasoning(ofFirst), reasoning(ofSecond), comparer);
        ToolCallDiffs calls = calls(ToolUse.of(ofFirst.said()), ToolUse.of(ofSecond.said()), comparer);
        FileDiffs files = files(files(ofFirst), files(ofSecond), comparer);
        boolean equal = request.equal()
                && text.equal()
                && (reasoning == null || reasoning.equal())
                && calls.equal()
                && files.equal()
                && runs.get(0).endedLike(runs.get(1));
        return new RunDiff(
                equal,
                runs,
                request,
                text,
                reasoning,
                calls,
                files,
                UsageDiff.of(usage(one), usage(other)),
                TimeDiff.of(one, other));
    }

    /** The bounds of what is compared, as a text that differs if they differ. */
    String bounds() {
        return contents.bounds();
    }

    private static long characters(RunConversation of) {
        long asked = of.asked().stream()
                .mapToLong(message -> textOf(message).length())
                .sum();
        long said = 0;
        for (PlacedPart placed : of.said()) {
            if (placed.part() instanceof Part.Text text) {
                said += text.text().length();
            } else if (placed.part() instanceof Part.Reasoning reasoning) {
                said += reasoning.text().length();
            }
        }
        return asked + said;
    }

    /** What users said while the run went on. */
    private static List<Message> heard(RunConversation of) {
        return of.said().stream()
                .filter(placed -> placed.role() == Role.USER)
                .map(placed -> new Message(Role.USER, List.of(placed.part())))
                .toList();
    }

    private static Pairing<Message> pairing(List<Message> first, List<Message> second, TextComparer comparer) {
        return Pairing.of(first, second, message -> message.role().label(), RunDiffs::form, comparer);
    }

    private static boolean areSame(List<AskedDiff> messages) {
        return messages.stream().allMatch(message -> message.change() == ChangeKind.SAME);
    }

    private static String text(RunConversation of) {
        return of.said().stream()
                .filter(placed -> placed.role() == Role.ASSISTANT)
                .filter(placed -> placed.part() instanceof Part.Text)
                .map(placed -> ((Part.Text) placed.part()).text())
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining("\n\n"));
    }

    private static String reasoning(RunConversation of) {
        return of.said().stream()
                .filter(placed -> placed.part() instanceof Part.Reasoning)
                .map(placed -> ((Part.Reasoning) placed.part()).text())
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining("\n\n"));
    }

    private static @Nullable TextDiff reasoning(String first, String second, TextComparer comparer) {
        return first.isEmpty() && second.isEmpty() ? null : comparer.compare(first, second);
    }

    private static List<AskedDiff> messages(Pairing<Message> asked, TextComparer comparer) {
        List<AskedDiff> messages = new ArrayList<>();
        for (Pairing.Pair<Message> pair : asked.pairs()) {
            TextDiff text = comparer.compare(textOf(pair.first()), textOf(pair.second()));
            messages.add(new AskedDiff(ChangeKind.of(pair.first(), pair.second(), text.equal()), roleOf(pair), text));
        }
        return messages;
    }

    private static String form(Message message) {
        return ToolUse.digest(textOf(message));
    }

    private static Role roleOf(Pairing.Pair<Message> pair) {
        Message one = pair.first() == null ? pair.second() : pair.first();
        return one == null ? Role.SYSTEM : one.role();
    }

    private static String textOf(@Nullable Message message) {
        return message == null
                ? ""
                : message.parts().stream()
                        .map(RunDiffs::textOf)
                        .filter(text -> !text.isEmpty())
                        .collect(Collectors.joining("\n\n"));
    }

    private static String textOf(Part part) {
        if (part instanceof Part.Text text) {
            return text.text();
        }
        if (part instanceof Part.ToolCall call) {
            return (call.name() + ' ' + JsonLines.of(call.input())).strip();
        }
        return part instanceof Part.ToolResult result ? JsonLines.of(result.output()) : "";
    }

    private static ToolCallDiffs calls(List<ToolUse> first, List<ToolUse> second, TextComparer comparer) {
        Pairing<ToolUse> pairing = Pairing.of(first, second, ToolUse::name, ToolUse::argumentsForm, comparer);
        List<ToolCallDiff> calls = new ArrayList<>();
        boolean equal = true;
        for (Pairing.Pair<ToolUse> pair : pairing.pairs()) {
            ToolCallDiff call = ToolUse.diff(pair.first(), pair.second());
            equal &= call.change() == ChangeKind.SAME;
            calls.add(call);
        }
        return new ToolCallDiffs(equal, pairing.tooLong(), calls);
    }

    private static List<FileDiff.FileSide> files(RunConversation of) {
        return of.said().stream()
                .filter(placed -> placed.part() instanceof Part.FilePart)
                .map(placed -> FileDiff.FileSide.of((Part.FilePart) placed.part()))
                .toList();
    }

    private static FileDiffs files(
            List<FileDiff.FileSide> first, List<FileDiff.FileSide> second, TextComparer comparer) {
        Function<FileDiff.FileSide, String> form = file -> ToolUse.digest(file.toString());
        Pairing<FileDiff.FileSide> pairing = Pairing.of(first, second, FileDiff.FileSide::name, form, comparer);
        List<FileDiff> files = new ArrayList<>();
        boolean equal = true;
        for (Pairing.Pair<FileDiff.FileSide> pair : pairing.pairs()) {
            boolean same = pair.first() != null && pair.first().equals(pair.second());
            ChangeKind change = ChangeKind.of(pair.first(), pair.second(), same);
            equal &= same;
            files.add(new FileDiff(change, pair.first(), pair.second()));
        }
        return new FileDiffs(equal, pairing.tooLong(), files);
    }

    private static JsonNode usage(RunView run) {
        JsonText usage = run.usage();
        return usage == null ? MissingNode.getInstance() : Payload.parsed(usage.text());
    }
}
