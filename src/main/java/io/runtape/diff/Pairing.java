package io.runtape.diff;

import com.github.difflib.algorithm.Change;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The elements of two lists side by side in their order: as many of the same name as possible, and of these as many as
 * possible that are the same in all.
 *
 * @param pairs each with an element of at least one list
 * @param tooLong whether there were too many elements to look for pairs between the first and the last difference
 */
record Pairing<T>(List<Pair<T>> pairs, boolean tooLong) {

    /** Cells of the table of all pairs, of 4 bytes each: a thousand elements of each list between the differences. */
    private static final int CELLS_MAX = 1 << 20;

    /** Elements of both lists in which pairs of the same name are still found, wherever they are not the same in all. */
    private static final int NAMES_MAX = 10_000;

    /** Elements that stand beside each other; one may be missing. */
    record Pair<T>(@Nullable T first, @Nullable T second) {}

    /**
     * Pairs two lists.
     *
     * @param name what elements must have in common to stand side by side
     * @param all differs if the elements differ; its values stay in memory
     */
    static <T> Pairing<T> of(
            List<T> first, List<T> second, Function<T, String> name, Function<T, String> all, TextComparer comparer) {
        Map<String, Integer> numbers = new HashMap<>();
        Side<T> one = Side.of(first, name, all, numbers);
        Side<T> other = Side.of(second, name, all, numbers);
        int head = 0;
        int length = Math.min(first.size(), second.size());
        while (head < length && one.all[head] == other.all[head]) {
            head++;
        }
        int tail = 0;
        while (tail < length - head && one.all[first.size() - 1 - tail] == other.all[second.size() - 1 - tail]) {
            tail++;
        }
        Steps<T> steps = new Steps<>(first, second);
        steps.together(head);
        boolean tooLong = !middle(one.within(head, tail), other.within(head, tail), steps, comparer);
        steps.together(tail);
        return new Pairing<>(steps.pairs, tooLong);
    }

    /** The elements as numbers: equal ones have equal numbers. */
    private record Side<T>(List<T> elements, int[] names, int[] all, int from, int to) {

        static <T> Side<T> of(
                List<T> elements, Function<T, String> name, Function<T, String> all, Map<String, Integer> numbers) {
            int[] names = new int[elements.size()];
            int[] whole = new int[elements.size()];
            for (int i = 0; i < names.length; i++) {
                String its = name.apply(elements.get(i));
                names[i] = numbers.computeIfAbsent("name " + its, unknown -> numbers.size());
                whole[i] =
                        numbers.computeIfAbsent(names[i] + " " + all.apply(elements.get(i)), unknown -> numbers.size());
            }
            return new Side<>(elements, names, whole, 0, names.length);
        }

        Side<T> within(int head, int tail) {
            return new Side<>(elements, names, all, head, elements.size() - tail);
        }

        int count() {
            return to - from;
        }

        List<Integer> numbered() {
            List<Integer> numbered = new ArrayList<>();
            for (int i = from; i < to; i++) {
                numbered.add(names[i]);
            }
            return numbered;
        }
    }

    /** Goes on over both lists. */
    private static final class Steps<T> {

        private final List<T> first;
        private final List<T> second;
        private final List<Pair<T>> pairs = new ArrayList<>();
        private int atFirst;
        private int atSecond;

        Steps(List<T> first, List<T> second) {
            this.first = first;
            this.second = second;
        }

        void together(int count) {
            for (int i = 0; i < count; i++) {
                pairs.add(new Pair<>(first.get(atFirst++), second.get(atSecond++)));
            }
        }

        void alone(int ofFirst, int ofSecond) {
            for (int i = 0; i < ofFirst; i++) {
                pairs.add(new Pair<>(first.get(atFirst++), null));
            }
            for (int i = 0; i < ofSecond; i++) {
                pairs.add(new Pair<>(null, second.get(atSecond++)));
            }
        }
    }

    /** Returns false if nothing was paired. */
    private static <T> boolean middle(Side<T> one, Side<T> other, Steps<T> steps, TextComparer comparer) {
        if ((one.count() + 1L) * (other.count() + 1L) <= CELLS_MAX) {
            best(one, other, steps);
            return true;
        }
        Optional<List<Change>> changes = comparer.changes(one.numbered(), other.numbered(), NAMES_MAX);
        for (Change change : changes.orElse(List.of())) {
            steps.together(one.from + change.startOriginal - steps.atFirst);
            steps.alone(change.endOriginal - change.startOriginal, change.endRevised - change.startRevised);
        }
        if (changes.isPresent()) {
            steps.together(one.to - steps.atFirst);
        } else {
            steps.alone(one.count(), other.count());
        }
        return changes.isPresent();
    }

    /** The longest common subsequence by name, and among those the one with the most elements that are the same in all. */
    private static <T> void best(Side<T> one, Side<T> other, Steps<T> steps) {
        int columns = other.count() + 1;
        int forName = Math.min(one.count(), other.count()) + 1;
        int[] best = new int[(one.count() + 1) * columns];
        for (int i = one.count() - 1; i >= 0; i--) {
            for (int j = other.count() - 1; j >= 0; j--) {
                int apart = Math.max(best[(i + 1) * columns + j], best[i * columns + j + 1]);
                best[i * columns + j] =
                        Math.max(apart, worth(one, i, other, j, forName) + best[(i + 1) * columns + j + 1]);
            }
        }
        int i = 0;
        int j = 0;
        while (i < one.count() && j < other.count()) {
            int worth = worth(one, i, other, j, forName);
            if (worth > 0 && best[i * columns + j] == worth + best[(i + 1) * columns + j + 1]) {
                steps.together(1);
                i++;
                j++;
            } else if (best[(i + 1) * columns + j] >= best[i * columns + j + 1]) {
                steps.alone(1, 0);
                i++;
            } else {
                steps.alone(0, 1);
                j++;
            }
        }
        steps.alone(one.count() - i, other.count() - j);
    }

    private static <T> int worth(Side<T> one, int i, Side<T> other, int j, int forName) {
        if (one.names[one.from + i] != other.names[other.from + j]) {
            return 0;
        }
        return one.all[one.from + i] == other.all[other.from + j] ? forName + 1 : forName;
    }
}
