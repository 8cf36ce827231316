package io.runtape.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Percentiles are within 2 % of the exact ones, for values of any size, however they were gathered. */
class HistogramTest {

    @ParameterizedTest
    @ValueSource(longs = {10, 1_000, 50_000_000, 86_400_000_000L, Long.MAX_VALUE / 2})
    void isWithinTwoPercent(long largest) {
        Random random = new Random(largest);
        long[] values = new long[5_000];
        Histogram one = new Histogram();
        Histogram other = new Histogram();
        for (int i = 0; i < values.length; i++) {
            // Small and large ones: the logarithm is spread evenly.
            values[i] = (long) Math.pow(largest, random.nextDouble());
            (i % 3 == 0 ? one : other).add(values[i]);
        }
        one.add(other);
        Arrays.sort(values);

        for (double share : new double[] {0.01, 0.5, 0.95, 0.99, 1}) {
            double exact = values[(int) Math.ceil(share * values.length) - 1];
            double found = one.percentile(share).orElseThrow();
            assertTrue(Math.abs(found - exact) <= exact * 0.02 + 0.5, share + ": " + exact + " and " + found);
        }
    }

    @Test
    void isTheSameAfterItWasWrittenAndRead() {
        Histogram histogram = new Histogram();
        for (long value : new long[] {0, -5, 1, 2, 3, 1000, 1_000_000, Long.MAX_VALUE}) {
            histogram.add(value);
        }

        Histogram read = copy(histogram);

        for (double share : new double[] {0.1, 0.2, 0.4, 0.6, 0.8, 1}) {
            assertEquals(histogram.percentile(share), read.percentile(share));
        }
        assertEquals(OptionalLong.of(0), read.percentile(0.25));
    }

    private static Histogram copy(Histogram histogram) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        histogram.write(bytes);
        Histogram read = new Histogram();
        read.read(new Varints.Reader(bytes.toByteArray()));
        return read;
    }

    @Test
    void isEmptyAgainWhenAllIsTakenOff() {
        Histogram all = new Histogram();
        Histogram some = new Histogram();
        some.add(17);
        some.add(5_000);
        all.add(300);
        all.add(some);

        Histogram taken = copy(some);
        all.subtract(taken);

        assertEquals(298, all.percentile(0.5).orElseThrow(), 6);
        assertEquals(all.percentile(0.01), all.percentile(1));
        Histogram rest = new Histogram();
        rest.add(300);
        all.subtract(rest);
        assertEquals(OptionalLong.empty(), all.percentile(0.5));
    }
}
