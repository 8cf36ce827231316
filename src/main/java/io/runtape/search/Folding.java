package io.runtape.search;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.EnumSet;
import java.util.Set;

/**
 * How characters are compared: in compatibility form (NFKC), without case and without accents. Accents of Latin, Greek and
 * Cyrillic, points of Hebrew and vowel signs of Arabic do not count; signs without which a letter is another one, as in
 * Devanagari, Thai or kana, do.
 */
final class Folding {

    private static final Set<UnicodeScript> WITHOUT_SPACES = EnumSet.of(
            UnicodeScript.HAN,
            UnicodeScript.HIRAGANA,
            UnicodeScript.KATAKANA,
            UnicodeScript.THAI,
            UnicodeScript.LAO,
            UnicodeScript.KHMER,
            UnicodeScript.MYANMAR);

    /** Ranges of code points, each the first and the last. */
    private static final int[] ACCENTS = {
        0x0300, 0x036F, 0x0483, 0x0487, 0x0591, 0x05BD, 0x05BF, 0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7, 0x05C7,
        0x0610, 0x061A, 0x0640, 0x0640, 0x064B, 0x065F, 0x0670, 0x0670, 0x06D6, 0x06DC, 0x06DF, 0x06E4, 0x06E7, 0x06E8,
        0x06EA, 0x06ED, 0x08D3, 0x08FF, 0x1AB0, 0x1AFF, 0x1DC0, 0x1DFF, 0x20D0, 0x20FF, 0xFE00, 0xFE0F, 0xFE20, 0xFE2F,
        0xE0100, 0xE01EF
    };

    /** Punctuation of texts for people that is not ASCII: dashes, quotation marks, the bullet and the ellipsis. */
    private static final String PUNCTUATION = "\u2013\u2014\u2018\u2019\u201C\u201D\u2022\u2026";

    private static final int ZERO_WIDTH_SPACE = 0x200B;

    /** The mark of a long vowel, which belongs to no script. */
    private static final int LONG_VOWEL = 0x30FC;

    private Folding() {}

    /**
     * Whether a character needs no folding, unless a mark follows: ASCII, but for the case of letters, and punctuation that most
     * texts for people have.
     */
    static boolean isPlain(char c) {
        return c < 0x80 || PUNCTUATION.indexOf(c) >= 0;
    }

    /** What a character does in a text. */
    enum Kind {
        LETTER,
        WITHOUT_SPACES,
        SYMBOL,
        NOTHING,
        SEPARATOR
    }

    static Kind kind(int c) {
        int type = Character.getType(c);
        switch (type) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER,
                    Character.NON_SPACING_MARK,
                    Character.COMBINING_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.LETTER_NUMBER,
                    Character.DECIMAL_DIGIT_NUMBER,
                    Character.OTHER_NUMBER -> {
                return c == LONG_VOWEL || c > 0x0E00 && WITHOUT_SPACES.contains(UnicodeScript.of(c))
                        ? Kind.WITHOUT_SPACES
                        : Kind.LETTER;
            }
            case Character.OTHER_SYMBOL -> {
                return Kind.SYMBOL;
            }
            case Character.FORMAT -> {
                return c == ZERO_WIDTH_SPACE ? Kind.SEPARATOR : Kind.NOTHING;
            }
            default -> {
                return isSkinTone(c) ? Kind.NOTHING : Kind.SEPARATOR;
            }
        }
    }

    private static boolean isSkinTone(int c) {
        return c >= 0x1F3FB && c <= 0x1F3FF;
    }

    /** Whether it changes the character before it. */
    static boolean isMark(int c) {
        int type = c < 0x300 ? Character.OTHER_LETTER : Character.getType(c);
        return type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK
                || c == 0xFF9E
                || c == 0xFF9F
                || isJamoInside(c);
    }

    /** The vowel or the last consonant of a Hangul syllable that is written in pieces. */
    private static boolean isJamoInside(int c) {
        return c >= 0x1160 && c <= 0x11FF || c >= 0xD7B0 && c <= 0xD7FB;
    }

    /** Whether a character is compared as it is, unless a mark follows: a Chinese one, or a Hangul syllable. */
    static boolean isItsOwnForm(char c) {
        return c >= 0x4E00 && c <= 0x9FFF || c >= 0xAC00 && c <= 0xD7A3;
    }

    /** A character with its marks, as it is compared. */
    static String folded(String character) {
        String compatible = Normalizer.normalize(character, Normalizer.Form.NFKC);
        StringBuilder lower = new StringBuilder(compatible.length() + 1);
        compatible.codePoints().forEach(c -> {
            if (c == 0xDF || c == 0x1E9E) {
                lower.append("ss");
            } else {
                lower.appendCodePoint(Character.toLowerCase(Character.toUpperCase(c)));
            }
        });
        String apart = Normalizer.normalize(lower, Normalizer.Form.NFD);
        StringBuilder plain = new StringBuilder(apart.length());
        apart.codePoints().filter(c -> !isAccent(c)).forEach(plain::appendCodePoint);
        return Normalizer.normalize(plain, Normalizer.Form.NFC);
    }

    private static boolean isAccent(int c) {
        if (c >= ACCENTS[0]) {
            for (int i = 0; i < ACCENTS.length; i += 2) {
                if (c >= ACCENTS[i] && c <= ACCENTS[i + 1]) {
                    return true;
                }
            }
        }
        return false;
    }
}
