package io.runtape.guide;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a client told of the events that it read: the id and the data of each, in its order. */
final class Told {

    private static final Pattern FRAME = Pattern.compile("^data: (.*)\nid: (\\d+)$", Pattern.MULTILINE);
    private static final Pattern LINE = Pattern.compile("^(\\d+) (.*)$", Pattern.MULTILINE);

    private final List<String> events = new CopyOnWriteArrayList<>();

    /** Of a client that prints frames, the gateway's last one too. */
    static Told inFrames(String printed) {
        Told told = new Told();
        Matcher frame = FRAME.matcher(printed);
        while (frame.find()) {
            told.add(frame.group(2), frame.group(1));
        }
        return told;
    }

    /** Of a client that prints the id and the data of each event in a line. */
    static Told inLines(String printed) {
        Told told = new Told();
        Matcher line = LINE.matcher(printed);
        while (line.find()) {
            told.add(line.group(1), line.group(2));
        }
        return told;
    }

    void add(String id, String data) {
        events.add(id + " " + data);
    }

    List<String> events() {
        return List.copyOf(events);
    }
}
