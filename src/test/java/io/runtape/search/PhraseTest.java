package io.runtape.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.search.SearchQuery.Phrase;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        assertTrue(!there || phrase.mayBeIn(text));
    }

    @Test
    void findsWhateverTheWordsHave() {
        Random random = new Random(7);
        String letters = "aAbB0 _-.\n";
        int found = 0;
        int passed = 0;
        int considered = 0;
        for (int i = 0; i < 20_000; i++) {
            String text = text(random, letters, 12);
            String quoted = text(random, "ab0 ", 5);
            if (Words.of(quoted).isEmpty()) {
                continue;
            }
            Phrase phrase = phrase(quoted);
            boolean there = phrase.isIn(new Words(text));
            assertTrue(!there || phrase.mayBeIn(text), () -> quoted + " in " + text);
            found += there ? 1 : 0;
            considered++;
            passed += phrase.mayBeIn(text) ? 1 : 0;
        }
        assertTrue(found > 100, found + " were there");
        assertTrue(passed < considered, passed + " passed");
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
        assertFalse(phrase("race condition").mayBeIn("A condition is not a race."));
        assertTrue(phrase("race condition").mayBeIn("Une c\u00f4te"));
    }
}
