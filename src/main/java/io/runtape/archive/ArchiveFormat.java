package io.runtape.archive;

import io.runtape.sse.FrameKind;
import java.util.Arrays;
import java.util.stream.Collectors;

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

    /** What a line may be, for a refusal. */
    static final String LINES = String.join(", ", ARCHIVE, RUN, REQUEST, HEAD, FRAME, END, ARCHIVE_END);

    /** What a frame may be, for a refusal. */
    static final String KINDS =
            Arrays.stream(FrameKind.values()).map(FrameKind::label).collect(Collectors.joining(", "));

    /** A member of a run's last line: the digest of its other lines, each with a line feed behind it. */
    static final String CHECK = "check";

    /** Leads every digest. */
    static final String SHA_256 = "sha-256:";

    private ArchiveFormat() {}
}
