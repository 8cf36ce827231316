package io.runtape.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LineCutterTest {

    private final AtomicLong room = new AtomicLong();
    private final List<String> lines = new ArrayList<>();

    private final LineCutter cutter = new LineCutter(1 << 20, room::addAndGet, new LineCutter.Lines() {
        @Override
        public void line(byte[] bytes, int from, int length) {
            lines.add(new String(bytes, from, length, StandardCharsets.UTF_8));
        }

        @Override
        public void tooLong() {
            lines.add("too long");
        }
    });

    private void take(String text) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        cutter.take(bytes, 0, bytes.length);
    }

    /** Its end may never come. */
    @Test
    void tellsOfALongLineAndGivesItsRoomBackBeforeItEnds() throws Exception {
        take("a\nb");
        take("x".repeat(900_000));
        assertEquals(1 << 20, room.get(), 200_000);
        take("x".repeat(900_000));

        assertEquals(List.of("a", "too long"), lines);
        assertEquals(0, room.get());

        take("x".repeat(900_000) + "\nc\nd");
        cutter.end();
        assertEquals(List.of("a", "too long", "c", "d"), lines);
        assertEquals(0, room.get());
    }

    @Test
    void tellsOnceOfALongLineThatEndsTheArchive() throws Exception {
        take("x".repeat(2_000_000));
        cutter.end();

        assertEquals(List.of("too long"), lines);
    }
}
