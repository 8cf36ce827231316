package io.runtape.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.run.RecordedRequest;
import io.runtape.sse.ContentDecoder;
import io.runtape.store.SqlFault;
import io.runtape.store.Store;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads an archive as it comes, and makes its runs. It holds one line, the frames of one block and some packed blocks in
 * memory, however long the archive, its runs and its frames are. Blocks; confined to one thread at a time.
 */
final class ArchiveImport implements AutoCloseable {

    /**
     * How often the bytes of a line count: as they came, as those of a text, and as the text, with two bytes for a character; or as
     * they came, and as the bytes of a frame three times.
     */
    private static final int FORMS = 4;

    private final Owner owner;
    private final Store store;
    private final Journal journal;
    private final boolean keepsPlaces;
    private final int lineMax;
    private final int frameMax;
    private final LongConsumer room;
    private final CompressedArchive archive;
    private final PresentRuns present;
    private @Nullable ImportedRows rows;

    private boolean begun;
    private boolean complete;
    /** Runs that the present archive has begun. */
    private long runs;

    private long lineNumber;
    private @Nullable IncomingRun run;

    /** The history had the open run when its first line came: of its other lines, only the last one counts. */
    private boolean isThere;

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
        this.present = new PresentRuns(owner, store.engine());
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
            IncomingRun open = run;
            if (open != null && !isThere) {
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
                isThere = rows().find(owner, told.id).isPresent();
                run = new IncomingRun(told, lineMax, frameMax, room);
            }
            case ArchiveFormat.REQUEST, ArchiveFormat.HEAD, ArchiveFormat.FRAME, ArchiveFormat.END -> {
                String id = line.text("run", 64);
                IncomingRun open = run;
                if (open != null && open.is(id)) {
                    useOf(open, what, line);
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

    private void useOf(IncomingRun open, String what, ArchiveLine line) throws SQLException {
        if (what.equals(ArchiveFormat.END)) {
            end(open, line);
        } else if (!isThere) {
            open.take(what, line);
            if (open.isFull()) {
                storeBlocks(open);
            }
        }
    }

    private void storeBlocks(IncomingRun open) throws SQLException {
        store.requireRoom();
        rows().blocks(open.key(journal::keyOfEndedRun), open.blocks());
    }

    private void end(IncomingRun open, ArchiveLine line) throws SQLException {
        String digest = open.statedDigest(line);
        if (isThere) {
            // It may have been deleted since the run's first line came.
            Optional<ImportedRows.Present> now = rows().find(owner, open.told().id);
            if (now.isPresent()) {
                compare(open.told(), now.get(), digest);
            } else {
                conflict(open.told(), "the history's run of that id was deleted meanwhile: import it again");
            }
            return;
        }
        RecordedRequest asked = open.whole(line, digest);
        if (!isPlaceTaken(open.told())) {
            write(open, asked, digest);
        }
    }

    /** Tells of a conflict if another run has the place in the thread. */
    private boolean isPlaceTaken(ImportedRun told) throws SQLException {
        Optional<String> other = present.inItsPlace(rows(), told);
        if (other.isPresent()) {
            conflict(told, other.get());
        }
        return other.isPresent();
    }

    private void write(IncomingRun open, RecordedRequest asked, String digest) throws SQLException {
        try {
            storeBlocks(open);
            rows().commit(
                            owner,
                            open.key(journal::keyOfEndedRun),
                            open.told(),
                            asked,
                            open.answered(),
                            open.totals(),
                            digest);
            leave();
            tally.imported();
        } catch (SQLException e) {
            rows().rollback();
            if (SqlFault.isOfTheMoment(e)) {
                conflict(open.told(), "another transaction was in the way: import it again");
            } else if (SqlFault.isOfTheData(e)) {
                refusedByTheDatabase(open.told(), e, digest);
            } else {
                throw e;
            }
        }
    }

    /** Mostly the same run, or another one in its place, has come meanwhile. */
    private void refusedByTheDatabase(ImportedRun told, SQLException e, String digest) throws SQLException {
        Optional<ImportedRows.Present> now = rows().find(owner, told.id);
        if (now.isPresent()) {
            compare(told, now.get(), digest);
        } else if (!isPlaceTaken(told)) {
            damaged(told.id, "the database refuses it, " + SqlFault.named(e));
        }
    }

    private void compare(ImportedRun told, ImportedRows.Present now, String digest) throws SQLException {
        Optional<String> difference = present.difference(rows(), now, told, digest);
        if (difference.isPresent()) {
            conflict(told, difference.get());
        } else {
            tally.skipped();
            leave();
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
        refusal = tally.refused(lineNumber, run == null ? named : run.told().id, reason);
        giveUp();
    }

    private void conflict(ImportedRun told, String reason) throws SQLException {
        tally.conflict(lineNumber, told.id, reason);
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
        IncomingRun open = run;
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
}
