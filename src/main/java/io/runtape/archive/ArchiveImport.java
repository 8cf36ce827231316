package io.runtape.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.pack.PackedBlock;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.BodyDigest;
import io.runtape.run.DamagedFramesException;
import io.runtape.run.FrameBlock;
import io.runtape.run.FrameReader;
import io.runtape.run.LastEventIds;
import io.runtape.run.RecordedRequest;
import io.runtape.run.RunStatus;
import io.runtape.run.RunTotals;
import io.runtape.run.Sha256;
import io.runtape.sse.ContentDecoder;
import io.runtape.sse.FrameKind;
import io.runtape.sse.FrameSplitter;
import io.runtape.store.SqlFault;
import io.runtape.store.Store;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads an archive as it comes, and makes its runs. It holds one line, the frames of one block and some packed blocks in
 * memory, however long the archive, its runs and its frames are. Blocks; confined to one thread at a time.
 */
final class ArchiveImport implements AutoCloseable {

    /** Packed blocks wait for the end of their run, which verifies them, up to this many bytes; more go to the transaction. */
    private static final long WAITING_BYTES_MAX = 4 << 20;

    /**
     * How often the bytes of a line count: as they came, as those of a text, and as the text, with two bytes for a character; or as
     * they came, and as the bytes of a frame three times.
     */
    private static final int FORMS = 4;

    /** Digests that were made of runs' frames, and are remembered: an archive may have the same runs many times over. */
    private static final int DIGESTS_MAX = 1000;

    private static final int TYPE_CHARS_MAX = 200;

    /** The kinds that a frame may have. */
    private static final String KINDS =
            Arrays.stream(FrameKind.values()).map(FrameKind::label).collect(Collectors.joining(", "));

    /** The longest time from a run's beginning to a frame: a year. */
    static final long OFFSET_MICROS_MAX = 366L * 24 * 3600 * 1_000_000;

    private final Owner owner;
    private final Store store;
    private final Journal journal;
    private final boolean keepsPlaces;
    private final int lineMax;
    private final int frameMax;
    private final LongConsumer room;
    private final CompressedArchive archive;
    private @Nullable ImportedRows rows;

    /** By the keys of the runs; empty where the frames are gone or damaged. */
    private final Map<Long, Optional<String>> digests = new HashMap<>();

    private boolean begun;
    private boolean complete;
    /** Runs that the present archive has begun. */
    private long runs;

    private long lineNumber;
    private @Nullable Incoming run;
    /** A run was given up: its further lines are left out, up to the first one of another run. */
    private boolean leaving;

    /** What was told of the run that was given up last; null if it was no refusal. */
    private @Nullable ImportProblem refusal;
    /** The same, while the next archive may begin with that run again. */
    private @Nullable ImportProblem brokenOff;

    private final ImportTally tally = new ImportTally();

    /**
     * @param owner whose runs they will be
     * @param keepsPlaces whether the runs get the places in threads that they had
     * @param decoder decodes the archive, and checks it; null if it is not compressed
     * @param lineMax how many bytes a line may have; the body of a request may have half as many
     * @param frameMax how many bytes a frame may have
     * @param room gets how many bytes more of memory are about to be taken, or how many fewer, as a negative number; may wait,
     *     and may refuse
     */
    ArchiveImport(
            Owner owner,
            boolean keepsPlaces,
            Store store,
            Journal journal,
            @Nullable ContentDecoder decoder,
            int lineMax,
            int frameMax,
            LongConsumer room) {
        this.owner = owner;
        this.keepsPlaces = keepsPlaces;
        this.store = store;
        this.journal = journal;
        this.lineMax = lineMax;
        this.frameMax = frameMax;
        this.room = room;
        this.archive = new CompressedArchive(
                decoder, new LineCutter(lineMax, bytes -> room.accept(FORMS * bytes), new Lines()));
    }

    private static final byte[] RUN_BEGINS =
            ("{\"" + ArchiveFormat.LINE + "\":\"" + ArchiveFormat.RUN + "\"").getBytes(UTF_8);

    private final class Lines implements LineCutter.Lines {

        @Override
        public void line(byte[] bytes, int from, int length) throws SQLException {
            lineNumber++;
            if (length == 0 || length == 1 && bytes[from] == '\r') {
                return;
            }
            try {
                take(ArchiveLine.of(bytes, from, length), bytes, from, length);
            } catch (DamagedRunException e) {
                int second = JoinedLine.secondAt(bytes, from, length);
                if (second < 0) {
                    unreadable(bytes, from, length, e);
                } else {
                    beforeSecond(bytes, from, second - from);
                    int rest = from + length - second;
                    take(ArchiveLine.of(bytes, second, rest), bytes, second, rest);
                }
            }
        }

        /** Within the line the archive broke off; if only the line end is missing, it can be read. */
        private void beforeSecond(byte[] bytes, int from, int length) throws SQLException {
            try {
                take(ArchiveLine.of(bytes, from, length), bytes, from, length);
            } catch (DamagedRunException e) {
                // The beginning of a line that belongs to no run, such as the first one of a run, is as if it had not
                // come.
                if (run != null || !begun) {
                    damaged(null, String.valueOf(e.getMessage()));
                }
            }
        }

        private void unreadable(byte[] bytes, int from, int length, DamagedRunException why) throws SQLException {
            Optional<String> fault = archive.fault(bytes, from, length);
            if (!begun && fault.isPresent()) {
                throw notAnArchive(fault);
            }
            if (isOfRun(bytes, from, length)) {
                beginRun();
            }
            damaged(null, String.valueOf(why.getMessage()));
        }

        /** Whether a line that cannot be read begins as the first one of a run does. */
        private static boolean isOfRun(byte[] bytes, int from, int length) {
            int most = Math.min(length, RUN_BEGINS.length);
            return Arrays.mismatch(bytes, from, from + most, RUN_BEGINS, 0, RUN_BEGINS.length) < 0;
        }

        @Override
        public void tooLong() throws SQLException {
            lineNumber++;
            damaged(null, "the line is longer than " + lineMax + " bytes");
        }
    }

    /** Takes the next bytes of the archive; {@link #readOn} reads them. */
    void take(byte[] piece) {
        archive.take(piece);
    }

    /**
     * Reads what came, for a turn; returns whether something is left of it for the next one.
     *
     * @throws ApiException 400 if it does not begin as an archive does
     * @throws SQLException if the database fails; the runs that are whole by then stay
     */
    boolean readOn() throws SQLException, IOException {
        boolean more = archive.readOn();
        if (archive.isOfOtherFormat()) {
            throw notAnArchive();
        }
        return more;
    }

    /**
     * The archive has ended.
     *
     * @throws ApiException 400 if nothing came
     */
    ImportSummary end() throws SQLException, IOException {
        archive.end();
        if (!begun) {
            throw notAnArchive();
        }
        cutOff("the archive ends within the run");
        ImportedRows used = rows;
        if (used != null) {
            store.makeDurable(used.connection());
        }
        Optional<String> fault = archive.fault();
        fault.ifPresent(reason -> tally.damaged(lineNumber, reason));
        return tally.summary(complete && fault.isEmpty());
    }

    private ApiException notAnArchive() {
        return notAnArchive(archive.fault());
    }

    private static ApiException notAnArchive(Optional<String> fault) {
        return ApiException.invalid("The body is no archive of runs"
                + fault.map(reason -> ": " + reason).orElse("")
                + ". Its first line must be {\"" + ArchiveFormat.LINE + "\":\"" + ArchiveFormat.ARCHIVE
                + "\",\"format\":\"" + ArchiveFormat.NAME + "\",\"version\":" + ArchiveFormat.VERSION + "}.");
    }

    private ImportedRows rows() throws SQLException {
        ImportedRows used = rows;
        if (used == null) {
            used = new ImportedRows(store.connect());
            rows = used;
        }
        return used;
    }

    /** Takes a line; a run that it damages is given up. */
    private void take(ArchiveLine line, byte[] bytes, int from, int length) throws SQLException {
        try {
            use(line);
            Incoming open = run;
            if (open != null && open.there == null) {
                open.addLine(bytes, from, length);
            }
        } catch (DamagedRunException e) {
            damaged(line.runOrNull(), String.valueOf(e.getMessage()));
        }
    }

    private void use(ArchiveLine line) throws SQLException {
        String what = line.what();
        if (what.equals(ArchiveFormat.ARCHIVE)) {
            begin(line);
            return;
        }
        if (!begun) {
            throw notAnArchive();
        }
        switch (what) {
            case ArchiveFormat.RUN -> {
                beginRun();
                ImportedRun told = new ImportedRun(line, keepsPlaces);
                comesAgain(told.id);
                run = new Incoming(told, rows().find(owner, told.id).orElse(null));
            }
            case ArchiveFormat.REQUEST, ArchiveFormat.HEAD, ArchiveFormat.FRAME, ArchiveFormat.END -> {
                String id = line.text("run", 64);
                Incoming open = run;
                if (open != null && open.is(id)) {
                    open.take(what, line);
                } else if (!leaving) {
                    throw new DamagedRunException("the line belongs to no run whose first line has come");
                }
            }
            case ArchiveFormat.ARCHIVE_END -> {
                cutOff("the run has no last line");
                leaving = false;
                complete = line.number("runs", 0, Long.MAX_VALUE) == runs;
            }
            default -> throw new DamagedRunException("line must be one of: " + String.join(", ", ArchiveFormat.LINES));
        }
    }

    private void beginRun() throws SQLException {
        cutOff("the run has no last line");
        leaving = false;
        complete = false;
        runs++;
    }

    /** The first line of the archive, or of one that follows another. */
    private void begin(ArchiveLine line) throws SQLException {
        cutOff("the run has no last line");
        boolean known;
        try {
            known = line.text("format", 40).equals(ArchiveFormat.NAME)
                    && line.number("version", 1, Integer.MAX_VALUE) == ArchiveFormat.VERSION;
        } catch (DamagedRunException e) {
            known = false;
        }
        if (!known) {
            throw notAnArchive();
        }
        begun = true;
        runs = 0;
        brokenOff = leaving ? refusal : null;
        leaving = false;
        complete = false;
    }

    /** An archive that broke off within a run goes on with that run, as the first one of the next archive. */
    private void comesAgain(String id) {
        ImportProblem told = brokenOff;
        brokenOff = null;
        if (told != null && id.equals(told.runId())) {
            tally.withdraw(told);
        }
    }

    /** What is open is not whole. */
    private void cutOff(String reason) throws SQLException {
        if (run != null) {
            damaged(null, reason);
        }
    }

    /** Gives up the open run, or tells of a line that belongs to none. */
    private void damaged(@Nullable String named, String reason) throws SQLException {
        if (!begun) {
            throw notAnArchive();
        }
        if (run == null && leaving) {
            return;
        }
        refusal = tally.refused(lineNumber, run == null ? named : run.told.id, reason);
        giveUp();
    }

    private void conflict(String id, String reason) throws SQLException {
        tally.conflict(lineNumber, id, reason);
        refusal = null;
        giveUp();
    }

    private void giveUp() throws SQLException {
        leave();
        leaving = true;
        ImportedRows used = rows;
        if (used != null) {
            used.rollback();
        }
    }

    /** Of the open run, nothing more is kept. */
    private void leave() {
        Incoming open = run;
        run = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() throws SQLException {
        leave();
        archive.close();
        ImportedRows used = rows;
        if (used != null) {
            used.close();
        }
    }

    /** A run on its way: its lines are checked as they come. */
    private final class Incoming implements AutoCloseable {

        private final ImportedRun told;
        private final ImportedRows.@Nullable Present there;
        private final BodyDigest digest = new BodyDigest();
        private final Sha256 lines = new Sha256();
        private final List<PackedBlock> waiting = new ArrayList<>();
        private long waitingBytes;

        private final RunRoom kept = new RunRoom(room);

        private boolean compressed;
        private @Nullable DecodedFrames decoded;

        /** The last frame that has an id of its own; 0 if none has. */
        private long idSetAt;

        /** How many of the frames that came last are parts, with frames of kind encoded among them. */
        private int partsBefore;

        private long runPk;
        private RunTotals totals = RunTotals.NONE;
        private FrameBlock gathered = new FrameBlock(1, 16, 0);
        private @Nullable RecordedRequest request;
        private @Nullable ImportedHead head;

        /** @param there the run of this id that the history has */
        Incoming(ImportedRun told, ImportedRows.@Nullable Present there) {
            this.told = told;
            this.there = there;
            kept.change(told.textBytes());
        }

        boolean is(String id) {
            return told.id.equals(id);
        }

        /** A line may have come to end with a carriage return, too. */
        void addLine(byte[] bytes, int from, int length) {
            boolean returns = length > 0 && bytes[from + length - 1] == '\r';
            lines.add(bytes, from, returns ? length - 1 : length).add('\n');
        }

        @Override
        public void close() {
            if (decoded != null) {
                decoded.close();
            }
            kept.close();
        }

        void take(String what, ArchiveLine line) throws SQLException {
            if (what.equals(ArchiveFormat.END)) {
                end(line);
            } else if (there == null) {
                switch (what) {
                    case ArchiveFormat.REQUEST -> request(line);
                    case ArchiveFormat.HEAD -> head(line);
                    default -> frame(line);
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
            request = new RecordedRequest(line.textOrNull("type", TYPE_CHARS_MAX), body);
            kept.change(body.length);
        }

        private void head(ArchiveLine line) {
            if (head != null) {
                throw new DamagedRunException("the run has two heads");
            }
            if (gathered.last() > 0) {
                throw new DamagedRunException("the run's head comes behind a frame");
            }
            head = ImportedHead.of(line);
        }

        private void frame(ArchiveLine line) throws SQLException {
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
            if (PackedBlock.isFull(gathered)) {
                pack();
            }
        }

        private void compare(FrameKind kind, byte[] bytes, long sequence) {
            if (!compressed) {
                return;
            }
            DecodedFrames with = decoded;
            if (with == null) {
                if (kind != FrameKind.ENCODED) {
                    throw new DamagedRunException(
                            "nothing decodes the response: it has no other frames than encoded ones");
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

        /** Packs the gathered frames; what counts is what the block gives back. */
        private void pack() throws SQLException {
            if (gathered.count() == 0) {
                return;
            }
            PackedBlock block = PackedBlock.of(gathered, (sequence, frame) -> digest.add(frame));
            totals = totals.plus(gathered);
            gathered = new FrameBlock(gathered.last() + 1, 16, 0);
            waiting.add(block);
            waitingBytes += block.content().length;
            if (waitingBytes > WAITING_BYTES_MAX) {
                storeWaiting();
            }
        }

        private void storeWaiting() throws SQLException {
            store.requireRoom();
            if (runPk == 0) {
                runPk = journal.keyOfEndedRun();
            }
            rows().blocks(runPk, waiting);
            waiting.clear();
            waitingBytes = 0;
        }

        private void end(ArchiveLine line) throws SQLException {
            long frames = line.number("frames", 0, Integer.MAX_VALUE);
            String stated = line.digestOrNull("digest");
            if (stated == null) {
                throw new DamagedRunException("digest is missing");
            }
            if (frames != told.frameCount) {
                throw new DamagedRunException("the run has " + told.frameCount + " frames, and the archive has "
                        + frames + ": the rest was deleted while the archive was made, or could not be read");
            }
            if (told.digest != null && !told.digest.equals(stated)) {
                throw new DamagedRunException("the last line has another digest than the run");
            }
            if (there != null) {
                compareAgain(stated);
                return;
            }
            pack();
            RecordedRequest asked = verified(digest.hex(), stated);
            String check = line.digestOrNull(ArchiveFormat.CHECK);
            if (check != null && !check.equals(lines.hex())) {
                throw new DamagedRunException(
                        "the lines of the run are not those that were written: " + ArchiveFormat.CHECK
                                + " is the digest of others; leave it out if a line was changed on purpose");
            }
            if (!isPlaceTaken()) {
                write(asked, stated);
            }
        }

        /** Returns the request of the run, which is whole. */
        private RecordedRequest verified(String digested, String stated) {
            if (totals.frames() != told.frameCount) {
                throw new DamagedRunException(
                        "the run has " + told.frameCount + " frames, and " + totals.frames() + " came");
            }
            if (!digested.equals(stated)) {
                throw new DamagedRunException("the frames have another digest than the run");
            }
            if (totals.events() != told.eventCount || totals.bytes() != told.byteCount) {
                throw new DamagedRunException("the run has " + told.eventCount + " events of " + told.byteCount
                        + " bytes, and " + totals.events() + " of " + totals.bytes() + " came");
            }
            boolean cut = told.cut || !told.status.equals(RunStatus.COMPLETED.label());
            ImportedHead answered = head == null ? ImportedHead.NONE : head;
            if (answered.status() == null && told.frameCount > 0) {
                throw new DamagedRunException("the run has frames, and no head with the status of its response");
            }
            answered.requireBody(told.byteCount, cut);
            if (decoded != null && !cut) {
                decoded.requireAll();
            }
            RecordedRequest asked = request;
            if (asked == null) {
                throw new DamagedRunException("the run has no request");
            }
            return asked;
        }

        private void write(RecordedRequest asked, String digested) throws SQLException {
            try {
                storeWaiting();
                rows().commit(owner, runPk, told, asked, head == null ? ImportedHead.NONE : head, totals, digested);
                leave();
                tally.imported();
            } catch (SQLException e) {
                rows().rollback();
                if (SqlFault.isOfTheMoment(e)) {
                    conflict(told.id, "another transaction was in the way: import it again");
                } else if (SqlFault.isOfTheData(e)) {
                    refusedByTheDatabase(e, digested);
                } else {
                    throw e;
                }
            }
        }

        /** Mostly the same run, or another one in its place, has come meanwhile. */
        private void refusedByTheDatabase(SQLException e, String digested) throws SQLException {
            Optional<ImportedRows.Present> now = rows().find(owner, told.id);
            if (now.isPresent()) {
                compare(now.get(), digested);
            } else if (!isPlaceTaken()) {
                damaged(told.id, "the database refuses it, " + SqlFault.named(e));
            }
        }

        /** The run may have been deleted since its first line came. */
        private void compareAgain(String stated) throws SQLException {
            Optional<ImportedRows.Present> now = rows().find(owner, told.id);
            if (now.isPresent()) {
                compare(now.get(), stated);
            } else {
                conflict(told.id, "the history's run of that id was deleted meanwhile: import it again");
            }
        }

        private void compare(ImportedRows.Present present, String stated) throws SQLException {
            if (!present.ended()) {
                conflict(told.id, "the history's run of that id has not ended");
                return;
            }
            @Nullable String known = present.digest() == null ? digested(present.runPk()) : present.digest();
            if (known == null && present.expired()) {
                conflict(
                        told.id,
                        "the frames of the history's run of that id have expired, and its digest was never known:"
                                + " delete that run first");
            } else if (known == null) {
                conflict(told.id, "the history's run of that id has no digest yet");
            } else if (!known.equals(stated)) {
                conflict(told.id, "the history's run of that id has another digest");
            } else {
                tally.skipped();
                leave();
            }
        }

        /** The digest of a run whose gateway was lost, and which is not packed; null if its frames are gone or damaged. */
        private @Nullable String digested(long present) throws SQLException {
            Optional<String> known = digests.get(present);
            if (known == null) {
                known = ofFrames(present);
                if (digests.size() >= DIGESTS_MAX) {
                    digests.clear();
                }
                digests.put(present, known);
            }
            boolean areGone = told.frameCount > 0 && known.equals(Optional.of(new BodyDigest().hex()));
            return areGone ? null : known.orElse(null);
        }

        private Optional<String> ofFrames(long present) throws SQLException {
            BodyDigest body = new BodyDigest();
            try {
                FrameReader.addTo(body, rows().connection(), store.engine(), present);
                return Optional.of(body.hex());
            } catch (DamagedFramesException e) {
                return Optional.empty();
            }
        }

        /** Tells of a conflict if another run has the place in the thread, and not this one by an import at the same time. */
        private boolean isPlaceTaken() throws SQLException {
            ImportedRun.ImportedThread thread = told.thread;
            Optional<String> other = thread == null
                    ? Optional.empty()
                    : rows().at(owner, told.threadId, thread.ordinal).filter(id -> !id.equals(told.id));
            if (other.isPresent()) {
                conflict(told.id, "the run " + other.get() + " has its place in the thread " + told.threadId);
            }
            return other.isPresent();
        }
    }
}
