package io.runtape.sse;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * WHATWG HTML section 9.2.6 written down as plainly as it reads there, over a whole stream at once. Shares no code with what
 * it checks.
 *
 * @param lastEventId what a reconnection would send
 * @param tail whether something follows the last blank line
 */
public record ReferenceParser(List<ServerSentEvent> events, String lastEventId, boolean tail) {
    /** What a parser of the standard makes of a whole stream. */
    public static ReferenceParser parse(byte[] stream) {
        String text = decode(stream);
        if (text.startsWith("\uFEFF")) {
            text = text.substring(1);
        }
        String[] lines = text.split("\r\n|\n|\r", -1);
        String unfinishedLine = lines[lines.length - 1];

        List<ServerSentEvent> events = new ArrayList<>();
        String lastEventId = "";
        String idBuffer = "";
        String type = "";
        StringBuilder data = new StringBuilder();
        boolean openBlock = false;
        for (int i = 0; i < lines.length - 1; i++) {
            String line = lines[i];
            if (line.isEmpty()) {
                lastEventId = idBuffer;
                if (data.length() > 0) {
                    data.setLength(data.length() - 1);
                    events.add(new ServerSentEvent(type.isEmpty() ? "message" : type, data.toString(), lastEventId));
                }
                data.setLength(0);
                type = "";
                openBlock = false;
                continue;
            }
            openBlock = true;
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            if (value.startsWith(" ")) {
                value = value.substring(1);
            }
            switch (field) {
                case "data" -> data.append(value).append('\n');
                case "event" -> type = value;
                case "id" -> idBuffer = value.indexOf('\0') < 0 ? value : idBuffer;
                default -> {}
            }
        }
        return new ReferenceParser(events, lastEventId, openBlock || !unfinishedLine.isEmpty());
    }

    /**
     * The JDK's decoder, helped where it differs from WHATWG's: of an encoded surrogate it makes one U+FFFD instead of three.
     * 0xED is never a continuation byte, so put 0xFF, which is never valid, where it begins a surrogate.
     */
    static String decode(byte[] bytes) {
        byte[] helped = bytes.clone();
        for (int i = 0; i + 1 < helped.length; i++) {
            if ((helped[i] & 0xFF) == 0xED && (helped[i + 1] & 0xFF) >= 0xA0 && (helped[i + 1] & 0xFF) <= 0xBF) {
                helped[i] = (byte) 0xFF;
            }
        }
        return new String(helped, StandardCharsets.UTF_8);
    }
}
