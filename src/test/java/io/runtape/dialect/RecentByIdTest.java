package io.runtape.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecentByIdTest {

    private final List<String> forgotten = new ArrayList<>();
    private final RecentById<String> recent = new RecentById<>(forgotten::add);

    @Test
    void forgetsWhatWasNotUsedForTheLongestTime() {
        recent.put("first", "a");
        recent.put("second", "b");
        for (int i = 0; i < RecentById.ENTRIES_MAX - 2; i++) {
            recent.put("id-" + i, "");
        }
        assertEquals("a", recent.get("first"));

        recent.put("one more", "");

        assertEquals(List.of("b"), forgotten);
        assertNull(recent.get("second"));
        assertEquals("a", recent.get("first"));
        assertEquals(RecentById.ENTRIES_MAX, recent.values().size());
    }

    @Test
    void countsTheCharactersOfIdsAndTexts() {
        String half = "x".repeat(RecentById.CHARS_MAX / 2);
        recent.put("first", half);
        recent.put("first", half);
        assertEquals(List.of(), forgotten);

        recent.put("second", half);
        assertEquals(List.of(half), forgotten);

        recent.remove("second");
        recent.put("third", half);
        recent.clear();
        recent.put("fourth", half);
        assertEquals(1, forgotten.size());
    }

    @Test
    void keepsALoneTextOfAnyLength() {
        recent.put("long", "x".repeat(2 * RecentById.CHARS_MAX));
        assertNotNull(recent.get("long"));
    }

    @Test
    void comparesLongIdsByTheirHash() {
        String id = "i".repeat(100_000);
        recent.put(id + "1", "a");
        recent.put(id + "2", "b");

        assertEquals("a", recent.get(id + "1"));
        assertEquals("b", recent.get(id + "2"));
        assertTrue(recent.ids().stream().allMatch(key -> key.length() < 100));
    }
}
