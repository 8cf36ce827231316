package io.runtape.facet;

import io.runtape.facet.RunCriteria.Group;
import io.runtape.facet.RunCriteria.Range;
import io.runtape.segment.TermQuery;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Runs with one trait of each of some groups, and that took so long, as terms of segments. A term of a duration stands for some
 * that are nearly the same: so runs that took a little more or less are found as well. Threads
 * have no terms: few runs are of one.
 */
final class TraitQuery implements TermQuery {

    /** Leads each term: no word begins with it. */
    private static final String LEAD = "\u0000";

    /** Leads the terms of durations. */
    private static final String LEAD_OF_DURATIONS = "\u0001";

    /** Terms of durations from one power of two to the next: each is up to an eighth longer than the one before. */
    private static final int PARTS = 8;

    /** Seventeen years. */
    private static final long DURATION_MAX = (1L << 39) - 1;

    private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();

    private final List<Set<Wanted>> groups;

    TraitQuery(RunCriteria criteria) {
        this.groups = new ArrayList<>();
        criteria.groups().forEach(group -> groups.add(wanted(group)));
        if (!criteria.duration().isAll()) {
            groups.add(wanted(criteria.duration()));
        }
    }

    private static Set<Wanted> wanted(Group group) {
        Set<Wanted> wanted = new LinkedHashSet<>();
        group.keys().forEach(key -> wanted.add(new Wanted(term(key), false)));
        return wanted;
    }

    private static Set<Wanted> wanted(Range durations) {
        Set<Wanted> wanted = new LinkedHashSet<>();
        int to = number(durations.to() - 1);
        for (int number = number(durations.from()); number <= to; number++) {
            wanted.add(new Wanted(LEAD_OF_DURATIONS + (char) number, false));
        }
        return wanted;
    }

    /** The term of a duration in milliseconds. What it is must never change: it is stored. */
    static String termOfDuration(long millis) {
        return LEAD_OF_DURATIONS + (char) number(millis);
    }

    /** The number of a term of durations: the place of the highest bit, and the three bits behind it. */
    static int number(long millis) {
        long value = PARTS + Math.max(0, Math.min(millis, DURATION_MAX));
        int power = 63 - Long.numberOfLeadingZeros(value);
        return power * PARTS + (int) (value >>> power - 3 & PARTS - 1);
    }

    /** The smallest duration of a number. */
    static long smallest(int number) {
        int power = number / PARTS;
        return ((long) PARTS + number % PARTS << power - 3) - PARTS;
    }

    /** The term of a trait. What it is must never change: it is stored. */
    static String term(long key) {
        return LEAD
                + TEXT.encodeToString(
                        ByteBuffer.allocate(Long.BYTES).putLong(key).array());
    }

    @Override
    public Set<Wanted> terms() {
        Set<Wanted> terms = new LinkedHashSet<>();
        groups.forEach(terms::addAll);
        return terms;
    }

    @Override
    public BitSet runs(Map<Wanted, BitSet> found) {
        BitSet all = any(groups.get(0), found);
        groups.forEach(group -> all.and(any(group, found)));
        return all;
    }

    private static BitSet any(Set<Wanted> group, Map<Wanted, BitSet> found) {
        BitSet any = new BitSet();
        group.forEach(wanted -> any.or(Objects.requireNonNull(found.get(wanted))));
        return any;
    }
}
