package io.runtape.facet;

import io.runtape.access.Owner;
import io.runtape.facet.Trait.Kind;
import io.runtape.store.EpochMicros;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What the runs must have that a caller asks for: each of some groups of traits, of which one trait is enough, and values
 * between bounds. Confined to one thread until it is complete.
 */
public final class RunCriteria {

    private final Owner owner;
    private final List<Group> groups = new ArrayList<>();
    private Range created = Range.ALL;
    private Range completed = Range.ALL;
    private Range duration = Range.ALL;

    /** All runs of an owner. */
    public RunCriteria(Owner owner) {
        this.owner = owner;
    }

    /** Traits of one kind, of which a run must have one. */
    record Group(Kind kind, Set<Long> keys) {

        /** More pairs of two groups than this are not worth a range, or a look-up, each. */
        private static final int COMBINATIONS_MAX = 50;

        /**
         * The keys of the pairs of which a run must have one to meet both; empty if no run is found by such pairs, or they are
         * many.
         */
        Optional<Set<Long>> pairedWith(Group other) {
            if (!kind.pairsWith(other.kind) || keys.size() * other.keys.size() > COMBINATIONS_MAX) {
                return Optional.empty();
            }
            Set<Long> pairs = new LinkedHashSet<>();
            for (long first : keys) {
                for (long second : other.keys) {
                    pairs.add(Trait.pair(new Trait(kind, first), new Trait(other.kind, second)));
                }
            }
            return Optional.of(pairs);
        }
    }

    /** Values from a bound on, up to another one, which is not among them. */
    record Range(long from, long to) {
        static final Range ALL = new Range(Long.MIN_VALUE, Long.MAX_VALUE);

        boolean isAll() {
            return equals(ALL);
        }

        boolean holds(long value) {
            return value >= from && value < to;
        }
    }

    /** A run must have one of these values; no values leave no condition. */
    public RunCriteria anyOf(Kind kind, Collection<String> values) {
        if (!values.isEmpty()) {
            Set<Long> keys = new LinkedHashSet<>();
            values.forEach(value -> keys.add(Trait.of(owner, kind, value).key()));
            groups.add(new Group(kind, keys));
        }
        return this;
    }

    /** A run must have this value; none leaves no condition. */
    public RunCriteria with(Kind kind, Optional<String> value) {
        return anyOf(kind, value.map(List::of).orElse(List.of()));
    }

    /** A run must have this value at that path of its metadata. */
    public RunCriteria withMetadata(String path, String value) {
        Set<Long> keys = new LinkedHashSet<>();
        Metadata.asked(path, value)
                .forEach(entry -> keys.add(Trait.ofMetadata(owner, entry).key()));
        groups.add(new Group(Kind.METADATA, keys));
        return this;
    }

    /** The run must have begun at the first of these times or later, and before the second. */
    public RunCriteria created(Optional<Instant> since, Instant until) {
        created = new Range(since.map(EpochMicros::of).orElse(Long.MIN_VALUE), EpochMicros.of(until));
        return this;
    }

    /** The run must have ended at the first of these times or later, and before the second. */
    public RunCriteria completed(Optional<Instant> since, Optional<Instant> until) {
        completed = new Range(
                since.map(EpochMicros::of).orElse(Long.MIN_VALUE),
                until.map(EpochMicros::of).orElse(Long.MAX_VALUE));
        // No run ends before it begins: so the newest runs need not be looked at for those that ended long ago.
        created = new Range(created.from, Math.min(created.to, completed.to));
        return this;
    }

    /** The run must have taken so many milliseconds at least, and so many at the most. */
    public RunCriteria duration(Optional<Long> min, Optional<Long> max) {
        duration = new Range(
                min.orElse(Long.MIN_VALUE),
                // The largest end means none: then runs that go on would be met too.
                max.map(most -> Math.min(most, Long.MAX_VALUE - 2) + 1).orElse(Long.MAX_VALUE));
        return this;
    }

    /** The same of runs of which none took longer than that: those that ended after some time began not much earlier. */
    RunCriteria lastingUpTo(Duration longest) {
        RunCriteria lasting = new RunCriteria(owner);
        lasting.groups.addAll(groups);
        lasting.completed = completed;
        lasting.duration = duration;
        // Durations are without their last microseconds.
        long from = completed.from - TimeUnit.MILLISECONDS.toMicros(longest.toMillis() + 1);
        lasting.created = new Range(Math.max(created.from, from), created.to);
        return lasting;
    }

    /** Whether the time of the beginning is all that is asked for: then the runs' own rows answer. */
    public boolean isOfTimeAlone() {
        return groups.isEmpty() && completed.isAll() && duration.isAll();
    }

    /** Whether segments have terms for some of the conditions; a thread has none, and without one they would be read for nothing. */
    boolean haveTerms() {
        return (!groups.isEmpty() || !duration.isAll()) && !asksFor(Kind.THREAD);
    }

    public Owner owner() {
        return owner;
    }

    List<Group> groups() {
        return groups;
    }

    boolean asksFor(Kind kind) {
        return groups.stream().anyMatch(group -> group.kind == kind);
    }

    Range created() {
        return created;
    }

    Range completed() {
        return completed;
    }

    Range duration() {
        return duration;
    }
}
