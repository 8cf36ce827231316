package io.runtape.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** A line within which an archive broke off, with the first line of the archive that was written behind it. */
final class JoinedLine {

    private static final byte[] FIRST_LINE =
            ("{\"" + ArchiveFormat.LINE + "\":\"" + ArchiveFormat.ARCHIVE + "\"").getBytes(UTF_8);

    private JoinedLine() {}

    /**
     * Where the second archive begins in a line that cannot be read. Its first line is short and has no text that could hold
     * another one, whose quotes would be escaped; so the last one that begins is looked for, and no other.
     *
     * @return the index of its first byte, behind {@code from}; -1 if there is none
     */
    static int secondAt(byte[] bytes, int from, int length) {
        int end = from + length;
        for (int at = end - FIRST_LINE.length; at > from; at--) {
            if (Arrays.equals(bytes, at, at + FIRST_LINE.length, FIRST_LINE, 0, FIRST_LINE.length)) {
                return isFirstLine(bytes, at, end - at) ? at : -1;
            }
        }
        return -1;
    }

    /** Not so an object that begins alike, as a run's metadata may: more follows it, or its format is none. */
    private static boolean isFirstLine(byte[] bytes, int from, int length) {
        try {
            return ArchiveFormat.NAME.equals(
                    ArchiveLine.of(bytes, from, length).textOrNull("format", ArchiveFormat.NAME.length()));
        } catch (DamagedRunException e) {
            return false;
        }
    }
}
