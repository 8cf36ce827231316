package io.runtape.dialect.runtools;

import io.runtape.dialect.PartDraft.Prose;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pieces of text, or of reasoning, in one message of the agent. Confined to one thread. */
final class SaidPieces {

    /** Without blank ones before the last: they tell nothing, and no event changes them any more. */
    private final List<Prose> pieces = new ArrayList<>();

    /** Those that no whole text has settled. */
    private final List<Prose> open = new ArrayList<>();

    void add(Prose piece) {
        if (!pieces.isEmpty() && isBlank(pieces.get(pieces.size() - 1))) {
            pieces.remove(pieces.size() - 1);
        }
        pieces.add(piece);
        if (!piece.isSettled()) {
            open.add(piece);
        }
    }

    boolean isEmpty() {
        return pieces.isEmpty();
    }

    /** The last piece that is not settled; null if there is none. */
    @Nullable
    Prose lastOpen() {
        return open.isEmpty() ? null : open.get(open.size() - 1);
    }

    /** No delta belongs to any of these pieces any more. */
    void settle() {
        open.forEach(Prose::settle);
        open.clear();
    }

    /** Whether the last pieces, as many as necessary, have this text; white space does not count. */
    boolean end(String text) {
        return says(pieces, text);
    }

    /** Whether the last of the pieces that are not settled have this text. */
    boolean openEnd(String text) {
        return says(open, text);
    }

    private static boolean says(List<Prose> pieces, String text) {
        int end = saidBefore(text, text.length());
        for (int i = pieces.size() - 1; i >= 0 && end > 0; i--) {
            CharSequence piece = pieces.get(i).said();
            for (int at = saidBefore(piece, piece.length()); at > 0; at = saidBefore(piece, at - 1)) {
                if (end == 0 || text.charAt(end - 1) != piece.charAt(at - 1)) {
                    return false;
                }
                end = saidBefore(text, end - 1);
            }
        }
        return end == 0;
    }

    /** The end of the text before this index, without its trailing white space. */
    private static int saidBefore(CharSequence text, int place) {
        int end = place;
        while (end > 0 && Character.isWhitespace(text.charAt(end - 1))) {
            end--;
        }
        return end;
    }

    private static boolean isBlank(Prose piece) {
        return saidBefore(piece.said(), piece.said().length()) == 0;
    }
}
