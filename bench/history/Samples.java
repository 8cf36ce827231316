import java.util.Arrays;
import java.util.Locale;

/** How long the requests of a kind took, and how much they found. Confined to one thread. */
final class Samples {

    private final long[] nanos;
    private int count;
    private long hits;

    Samples(int max) {
        nanos = new long[max];
    }

    void took(long time, int found) {
        nanos[count++] = time;
        hits += found;
    }

    /** Prints a line: the name, the hits on average, p50, p99 and the maximum in milliseconds, and how many there were. */
    void print(String name) {
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        System.out.printf(
                Locale.ROOT,
                "%s\t%.1f\t%.2f\t%.2f\t%.2f\t%d%n",
                name,
                (double) hits / count,
                sorted[count / 2] / 1e6,
                sorted[Math.min(count - 1, count * 99 / 100)] / 1e6,
                sorted[count - 1] / 1e6,
                count);
    }
}
