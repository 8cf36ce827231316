package io.runtape.archive;

import io.runtape.pack.PackedBlock;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.BodyDigest;
import io.runtape.run.FrameBlock;
import io.runtape.run.LastEventIds;
import io.runtape.run.RunTotals;
import io.runtape.sse.FrameKind;
import io.runtape.sse.FrameSplitter;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a run of an archive: checked as they come, so that the history takes none which a gateway would not have
 * recorded, and packed. What counts for the digest and the totals is what the packed blocks give back. Confined to one
 * thread at a time.
 */
final class IncomingFrames implements AutoCloseable {

    /** The longest time from a run's beginning to a frame: a year. */
    static final long OFFSET_MICROS_MAX = 366L * 24 * 3600 * 1_000_000;

    /** The longest type of a frame, and of a request. */
    static final int TYPE_CHARS_MAX = 200;

    /** The kinds that a frame may have. */
    private static final String KINDS =
            Arrays.stream(FrameKind.values()).map(FrameKind::label).collect(Collectors.joining(", "));

    private final RunRoom kept;
    private final int lineMax;
    private final int frameMax;

    private final BodyDigest digest = new BodyDigest();
    private RunTotals totals = RunTotals.NONE;
    private FrameBlock gathered = new FrameBlock(1, 16, 0);

    private boolean compressed;
    private @Nullable DecodedFrames decoded;

    /** The last frame that has an id of its own; 0 if none has. */
    private long idSetAt;

    /** How many of the frames that came last are parts, with frames of kind encoded among them. */
    private int partsBefore;

    /**
     * @param kept gets how many bytes of a compressed response are kept
     * @param lineMax how many of these may wait for their decoded form
     * @param frameMax how many bytes a frame may have
     */
    IncomingFrames(RunRoom kept, int lineMax, int frameMax) {
        this.kept = kept;
        this.lineMax = lineMax;
        this.frameMax = frameMax;
    }

    /** Whether none has come yet. */
    boolean isEmpty() {
        return gathered.last() == 0;
    }

    /**
     * Takes the next frame.
     *
     * @param head of the response; null if none has come
     * @throws DamagedRunException if it is not the next one, or no gateway would have recorded it so
     */
    void take(ArchiveLine line, @Nullable ImportedHead head) {
        long sequence = gathered.last() + 1;
        long named = line.number("sequence", 1, Integer.MAX_VALUE);
        if (named != sequence) {
            throw new DamagedRunException("frame " + sequence + " is missing: frame " + named + " comes instead");
        }
        String kind = line.text("kind", 32);
        byte[] bytes = line.bytes(frameMax, "frame " + sequence, "RUNTAPE_MAX_FRAME");
        FrameKind known =
                FrameKind.ofLabel(kind).orElseThrow(() -> new DamagedRunException("kind must be one of: " + KINDS));
        if (sequence == 1 && known == FrameKind.ENCODED) {
            compressed = true;
            decoded = DecodedFrames.of(head, kept, lineMax);
        }
        if (known == FrameKind.ENCODED && !compressed) {
            throw new DamagedRunException("the first frame of a compressed body is of the kind " + kind);
        }
        compare(known, bytes, sequence);
        int belonging = checkedParts(line, known, sequence);
        gathered.add(new ArrivedFrame(
                known,
                bytes,
                0,
                bytes.length,
                line.number("offsetUs", 0, OFFSET_MICROS_MAX),
                line.textOrNull("type", TYPE_CHARS_MAX),
                lastEventId(line, sequence),
                belonging));
    }

    private void compare(FrameKind kind, byte[] bytes, long sequence) {
        if (!compressed) {
            return;
        }
        DecodedFrames with = decoded;
        if (with == null) {
            if (kind != FrameKind.ENCODED) {
                throw new DamagedRunException("nothing decodes the response: it has no other frames than encoded ones");
            }
        } else if (kind == FrameKind.ENCODED) {
            with.encoded(bytes);
        } else {
            with.decoded(bytes, sequence);
        }
    }

    /**
     * How many frames directly before this one belong to it, as a gateway counts them: those of kind part, and those of kind encoded
     * among them. With another number, one frame could belong to many, and a read of these would take as long as all of them together.
     */
    private int checkedParts(ArchiveLine line, FrameKind kind, long sequence) {
        int before = kind == FrameKind.ENCODED ? 0 : partsBefore;
        if (line.number("parts", 0, sequence - 1, 0) != before) {
            throw new DamagedRunException(
                    "parts must be " + before + ": so many frames of kind part, with those of kind"
                            + " encoded among them, are directly before frame " + sequence);
        }
        boolean goesOn = kind == FrameKind.PART || kind == FrameKind.ENCODED && partsBefore > 0;
        partsBefore = goesOn ? partsBefore + 1 : 0;
        return before;
    }

    private String lastEventId(ArchiveLine line, long sequence) {
        Long setBy = line.numberOrNull("idSetBy", 1, sequence - 1);
        String id = line.textOrNull("id", FrameSplitter.VALUE_BYTES_MAX);
        if (setBy != null && setBy != idSetAt) {
            throw new DamagedRunException(
                    idSetAt == 0
                            ? "idSetBy must be missing: no frame before frame " + sequence + " has an id"
                            : "idSetBy must be " + idSetAt + ", the last frame before frame " + sequence
                                    + " that has an id");
        }
        if (id == null) {
            return setBy == null ? "" : LastEventIds.reference(setBy);
        }
        if (setBy != null || id.isEmpty() || id.indexOf('\n') >= 0 || id.indexOf('\r') >= 0) {
            throw new DamagedRunException("id must be one line, and does not go with idSetBy");
        }
        idSetAt = sequence;
        return id;
    }

    /** Whether so many frames have gathered that they must be packed. */
    boolean isFull() {
        return PackedBlock.isFull(gathered);
    }

    /** Packs the gathered frames; null if there are none. */
    @Nullable
    PackedBlock pack() throws SQLException {
        if (gathered.count() == 0) {
            return null;
        }
        PackedBlock block = PackedBlock.of(gathered, (sequence, frame) -> digest.add(frame));
        totals = totals.plus(gathered);
        gathered = new FrameBlock(gathered.last() + 1, 16, 0);
        return block;
    }

    /** Of the packed frames. */
    RunTotals totals() {
        return totals;
    }

    /** The digest of the packed frames; ask once. */
    String digest() {
        return digest.hex();
    }

    /**
     * The response came whole.
     *
     * @throws DamagedRunException if it is compressed, and decodes to more than the frames have
     */
    void requireAllDecoded() {
        if (decoded != null) {
            decoded.requireAll();
        }
    }

    @Override
    public void close() {
        if (decoded != null) {
            decoded.close();
        }
    }
}
