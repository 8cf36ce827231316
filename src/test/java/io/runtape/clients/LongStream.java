package io.runtape.clients;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A stream in which one frame comes many times. */
final class LongStream {

    /** The numbers that an agent API gives to its events: they are to go on without a gap. */
    private static final Pattern NUMBER = Pattern.compile("(\"sequence_number\":|^id: )\\d+", Pattern.MULTILINE);

    private LongStream() {}

    /** The frames of the stream; the first that has the word comes until the stream is so long, with a number behind the word. */
    static List<String> of(String stream, String word, int bytes) {
        List<String> frames = new ArrayList<>();
        boolean repeated = false;
        for (String frame : stream.split("(?<=\n\n)")) {
            if (repeated || !frame.contains(word)) {
                frames.add(numbered(frame, frames.size()));
                continue;
            }
            repeated = true;
            int left = bytes - stream.getBytes(UTF_8).length;
            for (int n = 1; left > 0; n++) {
                String next = numbered(frame.replace(word, word + " " + n + " – wörd ".repeat(n % 7)), frames.size());
                frames.add(next);
                left -= next.getBytes(UTF_8).length;
            }
        }
        if (!repeated) {
            throw new AssertionError("no frame has the word " + word);
        }
        return frames;
    }

    private static String numbered(String frame, int number) {
        return NUMBER.matcher(frame).replaceAll(found -> Matcher.quoteReplacement(found.group(1) + number));
    }
}
