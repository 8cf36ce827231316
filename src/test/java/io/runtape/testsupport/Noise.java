package io.runtape.testsupport;

import java.util.Random;

/** Text that compression hardly shortens. */
public final class Noise {

    private static final char FIRST = '!';
    private static final char LAST = '~';

    private Noise() {}

    /**
     * Events of a thousand such characters each.
     *
     * @param begin what each begins with, before its data
     */
    public static String events(int count, String begin) {
        StringBuilder events = new StringBuilder();
        for (int i = 0; i < count; i++) {
            events.append(begin).append("data: ").append(text(1000, i)).append("\n\n");
        }
        return events.toString();
    }

    /** Printable ASCII characters by chance, the same for the same seed. */
    public static String text(int length, long seed) {
        Random chance = new Random(seed);
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append((char) (FIRST + chance.nextInt(LAST - FIRST + 1)));
        }
        return text.toString();
    }
}
