package io.runtape.facet;

import io.runtape.access.Owner;
import io.runtape.run.RunStatus;
import io.runtape.run.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/**
 * Something that runs of an owner are found by, such as the name of their agent, as a hash: the index holds no text of
 * anybody's, and hashes of two owners have nothing in common.
 *
 * @param kind what it is
 * @param key the hash of the owner, the kind and the value
 */
public record Trait(Kind kind, long key) {

    /** What a trait is. The names are part of the hashes. */
    public enum Kind {
        THREAD,
        STATUS,
        AGENT,
        MODEL,
        UPSTREAM,
        ERROR,
        TOOL,
        METADATA;

        /** Whether runs are also found by a trait of this kind together with one of the other. */
        boolean pairsWith(Kind other) {
            if (this == other || this == THREAD || other == THREAD) {
                return false;
            }
            return isCommon() || other.isCommon() || isColumn() && other.isColumn();
        }

        /** Most searches name one of these, and many runs share them. */
        private boolean isCommon() {
            return this == STATUS || this == AGENT;
        }

        /** A run has one at the most. */
        private boolean isColumn() {
            return this == MODEL || this == UPSTREAM || this == ERROR;
        }
    }

    /** The trait that the runs of an owner have with this value. */
    public static Trait of(Owner owner, Kind kind, String value) {
        return new Trait(kind, hash(owner.id(), kind.name(), value));
    }

    /** The trait of having a value at a path of the metadata. */
    public static Trait ofMetadata(Owner owner, Metadata.Entry entry) {
        return new Trait(Kind.METADATA, hash(owner.id(), Kind.METADATA.name(), entry.path(), entry.value()));
    }

    /** A hash of the owner, for what is sorted by a number. */
    static long ofOwner(Owner owner) {
        return hash(owner.id());
    }

    /** The key of two traits together, in any order. */
    static long pair(Trait one, Trait other) {
        boolean inOrder = one.kind.compareTo(other.kind) <= 0;
        return inOrder ? pair(one.key, other.key) : pair(other.key, one.key);
    }

    private static long pair(long first, long second) {
        // The keys are hashes already: what matters is only that no pair's key is a single one's, nor that of another
        // pair.
        long mixed = Long.rotateLeft(first, 23) * 0x9E3779B97F4A7C15L + second;
        mixed = (mixed ^ mixed >>> 33) * 0xFF51AFD7ED558CCDL;
        return mixed ^ mixed >>> 29;
    }

    /** The run's status, and its traits that are there together with the status; so no pair is, and not the thread. */
    static Set<Long> withStatus(Owner owner, Set<Long> keys) {
        Set<Long> traits = new TreeSet<>();
        for (RunStatus status : RunStatus.values()) {
            long key = of(owner, Kind.STATUS, status.label()).key;
            if (keys.contains(key)) {
                traits.add(key);
                keys.stream().filter(other -> keys.contains(pair(key, other))).forEach(traits::add);
            }
        }
        return traits;
    }

    /** The first eight bytes of a digest, in which each part has its length before it. */
    private static long hash(String... parts) {
        Sha256 digest = new Sha256();
        for (String part : parts) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            for (int shift = 24; shift >= 0; shift -= 8) {
                digest.add(bytes.length >>> shift);
            }
            digest.add(bytes);
        }
        return digest.first64();
    }
}
