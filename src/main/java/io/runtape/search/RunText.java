package io.runtape.search;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.Attachment;
import io.runtape.dialect.Part;
import io.runtape.dialect.Role;
import io.runtape.indexing.EndedRun;
import io.runtape.json.LeanTree;
import io.runtape.run.RequestBody;
import io.runtape.run.Run;
import io.runtape.segment.ByteReader;
import io.runtape.segment.ByteWriter;
import io.runtape.transcript.PlacedPart;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The texts of a run that are searched, and how they are stored. */
final class RunText {

    /** Characters of all texts of a run: prompt, result and error first, then the others as they came. */
    static final int CHARS_MAX = 256 << 10;

    /** By the numbers that stand for them. */
    private static final List<Place> PLACES = List.of(Place.values());

    /** Characters of one text. */
    private static final int PASSAGE_CHARS_MAX = 64 << 10;

    /** Leads what is stored, so that another form can follow. */
    private static final int VERSION = 1;

    private final List<Passage> first = new ArrayList<>();
    private final List<Passage> others = new ArrayList<>();

    /** What tools answered that the caller ran: often long, and the run's own words come before it. */
    private final List<Passage> brought = new ArrayList<>();

    private RunText() {}

    /** The texts of a run that has ended. */
    static List<Passage> of(EndedRun run) {
        RunText text = new RunText();
        text.take(run);
        return text.bounded();
    }

    private void take(EndedRun run) {
        Run row = run.row();
        String prompt = row.prompt == null ? "" : row.prompt;
        first.add(new Passage(Place.PROMPT, 0, prompt));
        int prompted = prompted(prompt, run.parts());
        String result = row.result == null ? "" : JsonWords.of(row.result, PASSAGE_CHARS_MAX);
        int said = lastSaying(result, run.parts());
        first.add(new Passage(Place.RESULT, said < 0 ? 0 : run.parts().get(said).sequence(), result));
        for (int i = 0; i < run.parts().size(); i++) {
            PlacedPart part = run.parts().get(i);
            if (part.asked()) {
                asked(part, i >= prompted);
            } else if (i != said) {
                said(part);
            }
        }
        if (row.error != null && !isTold(row.error)) {
            first.add(new Passage(Place.ERROR, 0, JsonWords.of(row.error, PASSAGE_CHARS_MAX)));
        }
    }

    /** Whether an event has told the run's error: the parts of a long run may end before it. */
    private boolean isTold(String error) {
        @Nullable JsonNode read = LeanTree.read(error, Set.of());
        String message = read == null ? "" : read.path("message").asText("");
        return first.stream()
                .anyMatch(passage ->
                        passage.place() == Place.ERROR && passage.text().contains(message));
    }

    /** The last part of the response that says exactly this; -1 if there is none. */
    private static int lastSaying(String text, List<PlacedPart> parts) {
        String wanted = text.strip();
        for (int i = parts.size() - 1; i >= 0 && !wanted.isEmpty(); i--) {
            if (!parts.get(i).asked()
                    && parts.get(i).part() instanceof Part.Text said
                    && JsonWords.ofText(said.text(), PASSAGE_CHARS_MAX).strip().equals(wanted)) {
                return i;
            }
        }
        return -1;
    }

    /**
     * From which part on the last texts of the user are the prompt: the message has several where something is attached between
     * them. The number of parts if they are not the prompt.
     */
    private static int prompted(String prompt, List<PlacedPart> parts) {
        int left = prompt.stripTrailing().length();
        int from = parts.size();
        for (int i = parts.size() - 1; i >= 0 && left > 0; i--) {
            PlacedPart part = parts.get(i);
            if (isTyped(part) && part.part() instanceof Part.Text text) {
                String piece = text.text().strip();
                left -= piece.length();
                if (!prompt.startsWith(piece, left)) {
                    return parts.size();
                }
                while (left > 0 && Character.isWhitespace(prompt.charAt(left - 1))) {
                    left--;
                }
                from = i;
            }
        }
        return left == 0 ? from : parts.size();
    }

    /** Whether the user wrote it. */
    private static boolean isTyped(PlacedPart part) {
        return part.asked() && part.role() == Role.USER && part.part() instanceof Part.Text text && !text.attached();
    }

    /** @param prompted whether the user's texts from here on are the prompt, which is there already */
    private void asked(PlacedPart part, boolean prompted) {
        if (part.part() instanceof Part.ToolResult result) {
            brought.add(new Passage(Place.TOOL_RESULT, 0, JsonWords.of(result.output(), PASSAGE_CHARS_MAX)));
        } else if (part.part() instanceof Part.Text text && !(prompted && isTyped(part)) && !isPlaceholder(text)) {
            others.add(new Passage(Place.PROMPT, 0, text.text()));
        }
    }

    /** Every run with an image has the word: who looks for it means another one. */
    private static boolean isPlaceholder(Part.Text text) {
        return text.attached() && Attachment.isPlaceholder(text.text());
    }

    private void said(PlacedPart placed) {
        Part part = placed.part();
        if (part instanceof Part.Text text) {
            others.add(new Passage(Place.TEXT, placed.sequence(), JsonWords.ofText(text.text(), PASSAGE_CHARS_MAX)));
        } else if (part instanceof Part.Reasoning thought) {
            others.add(new Passage(Place.TEXT, placed.sequence(), thought.text()));
        } else if (part instanceof Part.ToolCall call) {
            String input = JsonWords.of(call.input(), PASSAGE_CHARS_MAX);
            others.add(new Passage(Place.TOOL_CALL, placed.sequence(), (call.name() + " " + input).strip()));
        } else if (part instanceof Part.ToolResult result) {
            others.add(new Passage(
                    Place.TOOL_RESULT, placed.sequence(), JsonWords.of(result.output(), PASSAGE_CHARS_MAX)));
        } else if (part instanceof Part.FilePart file) {
            others.add(new Passage(Place.TEXT, placed.sequence(), joined(file.path(), file.url(), file.diff())));
        } else if (part instanceof Part.ErrorPart error) {
            first.add(new Passage(Place.ERROR, placed.sequence(), joined(error.code(), error.message())));
        }
    }

    private static String joined(@Nullable String... pieces) {
        StringBuilder all = new StringBuilder();
        for (String piece : pieces) {
            if (piece != null && !piece.isEmpty()) {
                all.append(all.isEmpty() ? "" : "\n").append(piece);
            }
        }
        return all.toString();
    }

    private List<Passage> bounded() {
        List<Passage> bounded = new ArrayList<>();
        int left = CHARS_MAX;
        for (List<Passage> passages : List.of(first, others, brought)) {
            for (Passage passage : passages) {
                String text = cut(passage.text(), Math.min(left, PASSAGE_CHARS_MAX));
                left -= text.length();
                if (!text.isBlank()) {
                    bounded.add(new Passage(passage.place(), passage.sequence(), text));
                }
            }
        }
        return bounded;
    }

    private static String cut(String text, int chars) {
        if (text.length() <= chars) {
            return text;
        }
        boolean inside = chars > 0 && Character.isHighSurrogate(text.charAt(chars - 1));
        return text.substring(0, inside ? chars - 1 : chars);
    }

    /** As bytes, compressed where that is shorter. */
    static byte[] stored(List<Passage> passages) {
        ByteWriter bytes = new ByteWriter().number(VERSION);
        for (Passage passage : passages) {
            bytes.number(passage.place().ordinal()).number(passage.sequence()).text(passage.text());
        }
        return RequestBody.stored(bytes.written());
    }

    /** What {@link #stored} wrote; it is unpacked, and each passage read, when it is asked for. */
    static Iterable<Passage> read(byte[] stored) {
        return () -> new Stored(RequestBody.sent(stored));
    }

    /** Reads passages, one after the other. */
    private static final class Stored implements Iterator<Passage> {

        private final ByteReader bytes;

        Stored(byte[] plain) {
            this.bytes = new ByteReader(plain);
            bytes.number();
        }

        @Override
        public boolean hasNext() {
            return bytes.hasMore();
        }

        @Override
        public Passage next() {
            Place place = PLACES.get((int) bytes.number());
            long sequence = bytes.number();
            ByteReader.Text text = bytes.textWithLength();
            return new Passage(place, sequence, text.text(), text.isAscii());
        }
    }
}
