package io.runtape.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PairingTest {

    /** Each element is a name and a digit that stands for all else. */
    private static Pairing<String> pair(List<String> first, List<String> second) {
        return Pairing.of(first, second, all -> all.substring(0, 1), all -> all, new TextComparer());
    }

    private static String told(String first, String second) {
        return pair(List.of(first.split(" ")), List.of(second.split(" "))).pairs().stream()
                .map(pair -> Objects.requireNonNullElse(pair.first(), "") + "-"
                        + Objects.requireNonNullElse(pair.second(), ""))
                .collect(Collectors.joining(" "));
    }

    @Test
    void setsTheSameNamesBesideEachOther() {
        assertEquals("a1-a1 b1-b2 c1-c1", told("a1 b1 c1", "a1 b2 c1"));
        assertEquals("a1-a1 b1- c1-c1", told("a1 b1 c1", "a1 c1"));
        assertEquals("a1-a1 -b1 c1-c1", told("a1 c1", "a1 b1 c1"));
        assertEquals("a1- b1-b1 -a1", told("a1 b1", "b1 a1"));
    }

    @Test
    void prefersWhatIsTheSameInAll() {
        assertEquals("a1- a2-a2", told("a1 a2", "a2"));
        assertEquals("-a1 a2-a2 -a3", told("a2", "a1 a2 a3"));
    }

    @Test
    void pairsAsManyNamesAsPossible() {
        assertEquals("a1-a2 b1-b1 a2-a1", told("a1 b1 a2", "a2 b1 a1"));
    }

    @Test
    void takesMany() {
        List<String> first = IntStream.range(0, 4000).mapToObj(i -> "a" + i).toList();
        List<String> second =
                IntStream.range(0, 4000).mapToObj(i -> "a" + i + "x").toList();

        Pairing<String> pairing = pair(first, second);

        assertFalse(pairing.tooLong());
        assertEquals(4000, pairing.pairs().size());
    }

    @Test
    void saysThatThereAreTooMany() {
        List<String> first = IntStream.range(0, 40_000).mapToObj(i -> "a" + i).toList();
        List<String> second = IntStream.range(0, 40_000).mapToObj(i -> "b" + i).toList();

        Pairing<String> pairing = pair(first, second);

        assertTrue(pairing.tooLong());
        assertEquals(80_000, pairing.pairs().size());
        assertEquals(new Pairing.Pair<>("a0", null), pairing.pairs().get(0));
        assertEquals(new Pairing.Pair<>(null, "b39999"), pairing.pairs().get(79_999));
    }
}
