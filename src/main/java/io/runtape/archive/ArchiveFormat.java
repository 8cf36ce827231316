package io.runtape.archive;

import java.util.List;

/** The names in the lines of an archive (docs/guides/archive.md). */
final class ArchiveFormat {

    /** The value of {@code format} in the first line. */
    static final String NAME = "runtape";

    /** The value of {@code version} in the first line. */
    static final int VERSION = 1;

    /** Says what a line is; the first member of each. */
    static final String LINE = "line";

    static final String ARCHIVE = "archive";
    static final String RUN = "run";
    static final String REQUEST = "request";
    static final String HEAD = "head";
    static final String FRAME = "frame";
    static final String END = "end";
    static final String ARCHIVE_END = "archiveEnd";

    /** All that a line may be, in the order of an archive. */
    static final List<String> LINES = List.of(ARCHIVE, RUN, REQUEST, HEAD, FRAME, END, ARCHIVE_END);

    /** A member of a run's last line: the digest of its other lines, each with a line feed behind it. */
    static final String CHECK = "check";

    /** Leads every digest. */
    static final String SHA_256 = "sha-256:";

    private ArchiveFormat() {}
}
