package io.runtape.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.search.SearchQuery.Phrase;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A phrase that is in a text is never missed by the look that does without its words. */
class PhraseTest {

    private static Phrase phrase(String quoted) {
        return SearchQuery.of("\"" + quoted + "\"").wanted().get(0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "race condition | There was a race condition.  | true",
                "race condition | RACE -- (Condition)          | true",
                "race condition | a race, no condition         | false",
                "race condition | condition race               | false",
                "race condition | grace condition              | false",
                "race condition | race conditions              | false",
                "race condition | racecondition                | false",
                "a b a          | a a b b a                    | false",
                "a b a          | a b b a b a                  | true",
                "ein cafe       | Ein Caf\u00e9                | true",
                "no 5           | no_5                         | true"
            })
    void tellsWhetherItIsInAText(String quoted, String text, boolean there) {
        Phrase phrase = phrase(quoted);

        assertEquals(there, phrase.isIn(new Words(text)));
        assertEquals(there, isFound(phrase, text));
    }

    /** As a text is compared: from the place on where the phrase may be. */
    private static boolean isFound(Phrase phrase, String text) {
        int place = phrase.placeIn(PlainText.of(text));
        return place >= 0 && phrase.isIn(new Words(text, place));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "aAbB0 _-.\n",
                "ab0 .\u0301\u00e4\u6771\u4eac\u30fc\u200d",
                "aB -\u0301",
                "ab0\u2019\u2014\u0301 "
            })
    void findsWhateverTheWordsHave(String letters) {
        Random random = new Random(7);
        int found = 0;
        int passed = 0;
        int considered = 0;
        for (int i = 0; i < 20_000; i++) {
            String text = text(random, letters, 12);
            String quoted = text(random, "ab0 \u6771", 4);
            if (Words.of(quoted).isEmpty()) {
                continue;
            }
            Phrase phrase = phrase(quoted);
            boolean there = phrase.isIn(new Words(text));
            assertEquals(there, isFound(phrase, text), () -> quoted + " in " + text);
            found += there ? 1 : 0;
            considered++;
            passed += phrase.placeIn(PlainText.of(text)) >= 0 ? 1 : 0;
        }
        assertTrue(found > 100, found + " were there");
        assertTrue(passed < considered, passed + " passed");
    }

    /** The words from the place on are the last of all words, with the places that they have there. */
    @Test
    void cutsTheSameWordsFromThePlaceOn() {
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            String text = text(random, "ab0 .,\n\u2019\u0301\u00e4\u6771\u4eac\u200d", 16);
            int place = phrase("a b").placeIn(PlainText.of(text));
            if (place < 0) {
                continue;
            }
            Words from = new Words(text, place);
            List<Word> all =
                    Words.of(text).stream().filter(word -> word.from() >= place).toList();
            for (int number = 0; number < all.size(); number++) {
                assertEquals(all.get(number), from.get(number), text);
            }
            assertNull(from.get(all.size()), text);
        }
    }

    private static String text(Random random, String letters, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString();
    }

    @Test
    void tellsMostTextsApartWithoutTheirWords() {
        assertEquals(-1, phrase("race condition").placeIn(PlainText.of("A condition is not a race.")));
        assertEquals(
                -1,
                phrase("race condition")
                        .placeIn(PlainText.of("A condition \u2014 it\u2019s \u201cno\u201d race\u2026")));
        assertEquals(4, phrase("race condition").placeIn(PlainText.of("Une c\u00f4te")));
        assertEquals(6, phrase("race condition").placeIn(PlainText.of("No. A race condition.")));
    }
}
