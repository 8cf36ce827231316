package io.runtape.search;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A text of a run: a phrase stands in one, the words of a query in any of them.
 *
 * @param place what it is
 * @param sequence the event that it began with; 0 if that is not known
 * @param text the text
 * @param ascii whether it is known to have characters of ASCII alone
 */
record Passage(Place place, long sequence, String text, boolean ascii) {

    Passage(Place place, long sequence, String text) {
        this(place, sequence, text, false);
    }

    /** A prompt alone; none where there is no prompt. */
    static List<Passage> ofPrompt(@Nullable String prompt) {
        return prompt == null ? List.of() : List.of(new Passage(Place.PROMPT, 0, prompt));
    }
}
