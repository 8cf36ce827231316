package io.runtape.store;

/** Text that a database's column can hold. The bytes that were sent are stored unchanged beside it. */
public final class StorableText {

    private static final char REPLACEMENT = '\uFFFD';

    private StorableText() {}

    /**
     * The text with U+FFFD in place of U+0000 and of unpaired surrogates: JSON can spell both, but PostgreSQL cannot
     * store U+0000, and UTF-8 has no surrogates.
     */
    public static String of(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isUnfit(text, i)) {
                return replaced(text);
            }
        }
        return text;
    }

    /** The same of the text's first characters, as many as a column keeps. */
    public static String of(String text, int charsMax) {
        return of(text.length() <= charsMax ? text : text.substring(0, charsMax));
    }

    private static String replaced(String text) {
        StringBuilder fit = new StringBuilder(text);
        for (int i = 0; i < text.length(); i++) {
            if (isUnfit(text, i)) {
                fit.setCharAt(i, REPLACEMENT);
            }
        }
        return fit.toString();
    }

    private static boolean isUnfit(String text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
        }
        return c == 0 || Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
    }
}
