package io.runtape.run;

import org.jspecify.annotations.Nullable;

/**
 * The title that a thread has until somebody names it: the first line of its first prompt (docs/reference/http-api.md,
 * "Threads").
 */
public final class ThreadTitle {

    /**
     * How much of a prompt counts, in characters: a prompt that begins with more blank space than that gives no title.
     */
    public static final int PROMPT_CHARS = 4096;

    /** The most code points of a title that somebody gives. */
    public static final int GIVEN_CHARS_MAX = 500;

    /** The length of a title in code points: longer lines are cut, so that titles fit into lists. */
    private static final int CHARS_MAX = 120;

    private ThreadTitle() {}

    /**
     * The first line of the prompt that is not blank, trimmed and cut after 120 characters.
     *
     * @param prompt the prompt, or its first {@link #PROMPT_CHARS} characters
     * @return null if it has no such line
     */
    public static @Nullable String of(@Nullable String prompt) {
        if (prompt == null) {
            return null;
        }
        return prompt.substring(0, Math.min(prompt.length(), PROMPT_CHARS))
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .map(ThreadTitle::cut)
                .filter(title -> !title.isEmpty())
                .findFirst()
                .orElse(null);
    }

    private static String cut(String line) {
        int end = line.codePointCount(0, line.length()) <= CHARS_MAX
                ? line.length()
                : line.offsetByCodePoints(0, CHARS_MAX);
        // The cut may leave half a character, which no database takes.
        boolean half = Character.isHighSurrogate(line.charAt(end - 1));
        return line.substring(0, half ? end - 1 : end).strip();
    }
}
