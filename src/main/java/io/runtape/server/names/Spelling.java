package io.runtape.server.names;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds the known name that the writer of an unknown one meant. */
final class Spelling {

    /** Longer than the names that callers write. A longer text may be anything, even a credential, and is not repeated. */
    private static final int QUOTED_MAX = 40;

    /** The longest name that is compared whole: a setting with a name in it that an operator chose has up to 69. */
    private static final int COMPARED_MAX = 80;

    private Spelling() {}

    /**
     * The known name with the fewest letters to change, ignoring case; the first in the alphabet if there are several.
     */
    static Optional<String> nearest(String written, Collection<String> known) {
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        String lower = (written.length() > COMPARED_MAX ? shortened(written) : written).toLowerCase(Locale.ROOT);
        return known.stream()
                .min(Comparator.comparingInt((String name) -> distance.apply(lower, name.toLowerCase(Locale.ROOT)))
                        // Of two that are as near, one that has the same letters: some of them were swapped.
                        .thenComparing(
                                name -> !letters(name.toLowerCase(Locale.ROOT)).equals(letters(lower)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private static List<Integer> letters(String word) {
        return word.chars().sorted().boxed().toList();
    }

    /** The name as a message repeats it. */
    static String quoted(String written) {
        return "'" + (written.length() > QUOTED_MAX ? shortened(written) + "…" : written) + "'";
    }

    private static String shortened(String written) {
        return written.substring(0, QUOTED_MAX / 4);
    }
}
