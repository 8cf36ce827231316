package io.runtape.archive;

import io.runtape.pack.PackedBlock;
import io.runtape.run.RecordedRequest;
import io.runtape.run.RunStatus;
import io.runtape.run.RunTotals;
import io.runtape.run.Sha256;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A run of an archive on its way: its lines are checked as they come, and its packed blocks wait to be stored. Neither reads
 * nor writes the database. Confined to one thread at a time.
 */
final class IncomingRun implements AutoCloseable {

    /** Packed blocks wait for the end of their run, which verifies them, up to this many bytes; more go to the transaction. */
    private static final long WAITING_BYTES_MAX = 4 << 20;

    private final ImportedRun told;
    private final int lineMax;
    private final RunRoom kept;
    private final Sha256 lines = new Sha256();
    private final IncomingFrames frames;
    private final List<PackedBlock> waiting = new ArrayList<>();
    private long waitingBytes;
    private long key;
    private @Nullable RecordedRequest request;
    private @Nullable ImportedHead head;

    /**
     * @param told what the first line tells of it
     * @param lineMax how many bytes a line may have; the body of a request may have half as many
     * @param frameMax how many bytes a frame may have
     * @param room gets how many bytes more are about to be kept, or how many fewer; may wait, and may refuse
     */
    IncomingRun(ImportedRun told, int lineMax, int frameMax, LongConsumer room) {
        this.told = told;
        this.lineMax = lineMax;
        kept = new RunRoom(room);
        frames = new IncomingFrames(kept, lineMax, frameMax);
        kept.change(told.textBytes());
    }

    /** What its first line tells of it. */
    ImportedRun told() {
        return told;
    }

    boolean is(String id) {
        return told.id.equals(id);
    }

    /** Adds a line to those that the last line has the digest of. It may have come to end with a carriage return, too. */
    void addLine(byte[] bytes, int from, int length) {
        boolean returns = length > 0 && bytes[from + length - 1] == '\r';
        lines.add(bytes, from, returns ? length - 1 : length).add('\n');
    }

    /**
     * Takes a line between the first and the last one.
     *
     * @param what its request, its head or a frame
     * @throws DamagedRunException if no run can have it, or not at this place
     */
    void take(String what, ArchiveLine line) throws SQLException {
        switch (what) {
            case ArchiveFormat.REQUEST -> request(line);
            case ArchiveFormat.HEAD -> head(line);
            default -> {
                frames.take(line, head);
                if (frames.isFull()) {
                    pack();
                }
            }
        }
    }

    private void request(ArchiveLine line) {
        if (request != null) {
            throw new DamagedRunException("the run has two requests");
        }
        byte[] body = line.bytes(lineMax / 2, "the request", "RUNTAPE_MAX_BODY, or that of an agent API,");
        if (body.length == 0) {
            throw new DamagedRunException("the request must not be empty");
        }
        request = new RecordedRequest(line.textOrNull("type", IncomingFrames.TYPE_CHARS_MAX), body);
        kept.change(body.length);
    }

    private void head(ArchiveLine line) {
        if (head != null) {
            throw new DamagedRunException("the run has two heads");
        }
        if (!frames.isEmpty()) {
            throw new DamagedRunException("the run's head comes behind a frame");
        }
        head = ImportedHead.of(line);
    }

    private void pack() throws SQLException {
        PackedBlock block = frames.pack();
        if (block != null) {
            waiting.add(block);
            waitingBytes += block.content().length;
        }
    }

    /** Whether more blocks wait than may. */
    boolean isFull() {
        return waitingBytes > WAITING_BYTES_MAX;
    }

    /** Hands over the blocks that wait, in their order. */
    List<PackedBlock> blocks() {
        List<PackedBlock> blocks = List.copyOf(waiting);
        waiting.clear();
        waitingBytes = 0;
        return blocks;
    }

    /** The key of the run in the history: the next one, when it is first asked for. */
    long key(LongSupplier next) {
        if (key == 0) {
            key = next.getAsLong();
        }
        return key;
    }

    /**
     * The digest of the run's body as its last line states it.
     *
     * @throws DamagedRunException if it states none, or disagrees with the first line
     */
    String statedDigest(ArchiveLine end) {
        long count = end.number("frames", 0, Integer.MAX_VALUE);
        String digest = end.digestOrNull("digest");
        if (digest == null) {
            throw new DamagedRunException("digest is missing");
        }
        if (count != told.frameCount) {
            throw new DamagedRunException("the run has " + told.frameCount + " frames, and the archive has " + count
                    + ": the rest was deleted while the archive was made, or could not be read");
        }
        if (told.digest != null && !told.digest.equals(digest)) {
            throw new DamagedRunException("the last line has another digest than the run");
        }
        return digest;
    }

    /**
     * All of the run has come; call once.
     *
     * @param end its last line
     * @param digest the digest that this states
     * @return its request
     * @throws DamagedRunException if it is not whole, or not what was written
     */
    RecordedRequest whole(ArchiveLine end, String digest) throws SQLException {
        pack();
        requireFrames(digest);
        boolean cut = told.cut || !told.status.equals(RunStatus.COMPLETED.label());
        ImportedHead answered = answered();
        if (answered.status() == null && told.frameCount > 0) {
            throw new DamagedRunException("the run has frames, and no head with the status of its response");
        }
        answered.requireBody(told.byteCount, cut);
        if (!cut) {
            frames.requireAllDecoded();
        }
        RecordedRequest asked = request;
        if (asked == null) {
            throw new DamagedRunException("the run has no request");
        }
        String check = end.digestOrNull(ArchiveFormat.CHECK);
        if (check != null && !check.equals(lines.hex())) {
            throw new DamagedRunException("the lines of the run are not those that were written: " + ArchiveFormat.CHECK
                    + " is the digest of others; leave it out if a line was changed on purpose");
        }
        return asked;
    }

    private void requireFrames(String digest) {
        RunTotals totals = frames.totals();
        if (totals.frames() != told.frameCount) {
            throw new DamagedRunException(
                    "the run has " + told.frameCount + " frames, and " + totals.frames() + " came");
        }
        if (!frames.digest().equals(digest)) {
            throw new DamagedRunException("the frames have another digest than the run");
        }
        if (totals.events() != told.eventCount || totals.bytes() != told.byteCount) {
            throw new DamagedRunException("the run has " + told.eventCount + " events of " + told.byteCount
                    + " bytes, and " + totals.events() + " of " + totals.bytes() + " came");
        }
    }

    /** The head of its response; without a status if there was none. */
    ImportedHead answered() {
        return head == null ? ImportedHead.NONE : head;
    }

    /** Of its frames, once it is whole. */
    RunTotals totals() {
        return frames.totals();
    }

    @Override
    public void close() {
        frames.close();
        kept.close();
    }
}
