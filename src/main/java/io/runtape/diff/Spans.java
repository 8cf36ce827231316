package io.runtape.diff;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of a text, cut into lines or words.
 *
 * @param text the whole text
 * @param from where the part begins
 * @param to behind its end
 */
record Spans(String text, int from, int to) {

    /** Where a text is cut. It depends on the characters on both sides and on nothing else. */
    @FunctionalInterface
    interface Cut {
        /** @param at an index with a character before and one behind it */
        boolean isAt(String text, int at);
    }

    /** Behind each line end. */
    static final Cut LINES = (text, at) -> text.charAt(at - 1) == '\n';

    /** Behind each word, and behind each other character; white space belongs to what comes behind it. */
    static final Cut WORDS = (text, at) -> {
        if (Character.isLowSurrogate(text.charAt(at)) && Character.isHighSurrogate(text.charAt(at - 1))) {
            return false;
        }
        int before = text.codePointBefore(at);
        return !Character.isWhitespace(before) && !(isOfWord(before) && isOfWord(text.codePointAt(at)));
    };

    /** Whether a word goes on over it; scripts without spaces have a word for each character. */
    private static boolean isOfWord(int c) {
        return (Character.isLetterOrDigit(c) || c == '_') && !Character.isIdeographic(c);
    }

    int length() {
        return to - from;
    }

    Spans within(int begin, int end) {
        return new Spans(text, begin, end);
    }

    /** How many characters at the beginning both have in common, up to a place where both are cut. */
    static int commonHead(Spans first, Spans second, Cut cut) {
        int length = Math.min(first.length(), second.length());
        int same = 0;
        while (same < length && first.text.charAt(first.from + same) == second.text.charAt(second.from + same)) {
            same++;
        }
        if (first.isCut(cut, first.from + same) && second.isCut(cut, second.from + same)) {
            return same;
        }
        // Where the characters on both sides are common, a cut of one is a cut of the other.
        int head = same - 1;
        while (head > 0 && !cut.isAt(first.text, first.from + head)) {
            head--;
        }
        return Math.max(0, head);
    }

    /** The same at the end, at most what the parts have behind this head. */
    static int commonTail(Spans first, Spans second, int head, Cut cut) {
        int length = Math.min(first.length(), second.length()) - head;
        int same = 0;
        while (same < length && first.text.charAt(first.to - 1 - same) == second.text.charAt(second.to - 1 - same)) {
            same++;
        }
        if (first.isCut(cut, first.to - same) && second.isCut(cut, second.to - same)) {
            return same;
        }
        int tail = same - 1;
        while (tail > 0 && !cut.isAt(first.text, first.to - tail)) {
            tail--;
        }
        return Math.max(0, tail);
    }

    private boolean isCut(Cut cut, int at) {
        return at == from || at == to || cut.isAt(text, at);
    }

    /** Into how many pieces it is cut; {@code max + 1} if that is more. */
    int count(Cut cut, int max) {
        int count = from < to ? 1 : 0;
        for (int at = from + 1; at < to && count <= max; at++) {
            count += cut.isAt(text, at) ? 1 : 0;
        }
        return count;
    }

    /** The ends of the pieces. */
    List<Integer> ends(Cut cut) {
        List<Integer> ends = new ArrayList<>();
        for (int at = from + 1; at < to; at++) {
            if (cut.isAt(text, at)) {
                ends.add(at);
            }
        }
        if (from < to) {
            ends.add(to);
        }
        return ends;
    }
}
