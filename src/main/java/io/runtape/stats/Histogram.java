package io.runtape.stats;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * How often values of which size came, in buckets of which each is 4 % wider than the one before. So a percentile is within 2 %
 * of the value that is really there, whatever the values are, and two histograms are added bucket by bucket. Confined to one
 * thread.
 */
final class Histogram {

    /** The upper bound of a bucket, as a multiple of the one before. */
    private static final double GROWTH = 1.04;

    private static final double LOG_GROWTH = Math.log(GROWTH);

    /** The bucket of the largest number. */
    private static final int BUCKET_MAX = bucket(Long.MAX_VALUE);

    /** The counts of consecutive buckets; the first is of the bucket {@link #first}. */
    private long[] counts = {};

    private int first;
    private long total;

    private static int bucket(long value) {
        return value <= 0 ? 0 : 1 + (int) Math.ceil(Math.log(value) / LOG_GROWTH);
    }

    /** The number that is at most 2 % away from each in the bucket. */
    private static long value(int bucket) {
        return bucket == 0 ? 0 : Math.round(2 * Math.pow(GROWTH, bucket - 1) / (1 + GROWTH));
    }

    /** Adds a value; negative ones count as 0. */
    void add(long value) {
        add(bucket(value), 1);
    }

    private void add(int bucket, long count) {
        if (count == 0) {
            return;
        }
        makeRoom(bucket);
        counts[bucket - first] += count;
        total += count;
    }

    private void makeRoom(int bucket) {
        if (counts.length == 0) {
            first = bucket;
            counts = new long[16];
        } else if (bucket < first) {
            int added = Math.max(first - bucket, Math.min(first, counts.length / 2));
            long[] wider = new long[counts.length + added];
            System.arraycopy(counts, 0, wider, added, counts.length);
            counts = wider;
            first -= added;
        } else if (bucket - first >= counts.length) {
            counts = Arrays.copyOf(counts, Math.max(bucket - first + 1, counts.length * 3 / 2));
        }
    }

    /** Adds all values of another one. */
    void add(Histogram other) {
        for (int i = 0; i < other.counts.length; i++) {
            add(other.first + i, other.counts[i]);
        }
    }

    /** Takes the values of another one off again, which were added before. */
    void subtract(Histogram other) {
        for (int i = 0; i < other.counts.length; i++) {
            add(other.first + i, -other.counts[i]);
        }
    }

    /**
     * The value that this share of the values does not exceed.
     *
     * @param share from 0 to 1
     * @return empty if there are no values
     */
    OptionalLong percentile(double share) {
        long rank = Math.max(1, (long) Math.ceil(share * total));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank && total > 0) {
                return OptionalLong.of(value(first + i));
            }
        }
        return OptionalLong.empty();
    }

    void write(ByteArrayOutputStream to) {
        long buckets = Arrays.stream(counts).filter(count -> count > 0).count();
        Varints.write(to, buckets);
        int last = 0;
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                Varints.write(to, first + i - last);
                Varints.write(to, counts[i]);
                last = first + i;
            }
        }
    }

    /** Adds the values of one that was written. */
    void read(Varints.Reader from) {
        int bucket = 0;
        for (long left = from.number(); left > 0; left--) {
            bucket = Math.min(bucket + from.small(), BUCKET_MAX);
            add(bucket, from.number());
        }
    }
}
