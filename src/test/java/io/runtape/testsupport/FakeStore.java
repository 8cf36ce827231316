package io.runtape.testsupport;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runtape.journal.sql.BatchWriter;
import io.runtape.journal.sql.CommitBatch;
import io.runtape.journal.sql.RunWrite;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.FrameBlock;
import io.runtape.run.RecordedFrame;
import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.run.RunStart;
import io.runtape.run.StreamedFrames;
import io.runtape.sse.FrameKind;
import io.runtape.store.SqlFault;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A store in memory whose faults a test chooses. It holds whoever writes to what the journal promises: a run begins once and ends
 * once, and its frames come once each, without a gap; what breaks that fails the test.
 */
public final class FakeStore implements StreamedFrames {

    /** SQLSTATE of a connection that broke. */
    private static final String BROKEN = "08006";

    /** As a read for a stream has them. */
    private static final int READ_BYTES = 64 << 10;

    /** What happens to one write instead of what should. */
    @FunctionalInterface
    public interface Fault {
        /** @param keep makes the batch durable */
        void at(Runnable keep) throws SQLException;
    }

    private static final class Rows {
        private RunStart start;
        private RunHead head;
        private RunEnd end;
        private final List<RecordedFrame> frames = new ArrayList<>();
    }

    private final Map<Long, Rows> runs = new HashMap<>();
    private final List<List<RunWrite>> commits = new ArrayList<>();
    private final Deque<Fault> faults = new ArrayDeque<>();
    private final Set<String> keys = new HashSet<>();
    private Predicate<RunWrite> refused = write -> false;
    private boolean away;
    private boolean nodeClosed;
    private boolean damaged;
    private int opened;
    private int open;
    private int rehearsed;
    private int brought;
    private int reads;
    private int lookedAhead;

    /** The first connection of the node. */
    public BatchWriter open() {
        return new Writer();
    }

    /** This happens at the next write, or the one after those that something happens at already. */
    public void atNextWrite(Fault fault) {
        faults.add(fault);
    }

    /** The connection breaks before the next commit, or after it with its answer. */
    public void breakNextCommit(boolean durable) {
        atNextWrite(keep -> {
            if (durable) {
                keep.run();
            }
            throw new SQLException("the connection broke", BROKEN);
        });
    }

    /** The next write fails with this SQLSTATE, and nothing of it is durable. */
    public void failNextWrite(String sqlState) {
        atNextWrite(keep -> {
            throw new SQLException("a fault of this test", sqlState);
        });
    }

    /** Refuses all batches with such a write. */
    public void refuse(Predicate<RunWrite> what) {
        refused = what;
    }

    /** Whether it can be reached. Connections that are open break when it goes. */
    public void away(boolean now) {
        away = now;
    }

    /** From now on no frames can be read, as where they are damaged. */
    public void damageFrames() {
        damaged = true;
    }

    /** Another gateway has closed the node. */
    public void closeNode() {
        nodeClosed = true;
    }

    /** That idempotency key has another run. */
    public void takeKey(String key) {
        keys.add(key);
    }

    /** What each commit wrote, but for runs whose keys were taken. */
    public List<List<RunWrite>> commits() {
        return commits;
    }

    /** How many connections were opened, or tried to be. */
    public int opened() {
        return opened;
    }

    /** How many connections are open. */
    public int openNow() {
        return open;
    }

    /** How often somebody began to write a batch. */
    public int brought() {
        return brought;
    }

    /** How often the statements were rehearsed. */
    public int rehearsed() {
        return rehearsed;
    }

    /** Whether the run has a row. */
    public boolean has(long pk) {
        return runs.containsKey(pk);
    }

    /** The bytes of the run's frames, as text. */
    public List<String> frames(long pk) {
        return rows(pk).frames.stream()
                .map(frame -> new String(frame.bytes(), UTF_8))
                .toList();
    }

    /** How the run ended; null where it did not. */
    public RunEnd end(long pk) {
        return rows(pk).end;
    }

    /** The run, its frames and all, are deleted. */
    public void delete(long pk) {
        runs.remove(pk);
    }

    /** How many frames were looked at for one that completes parts. */
    public int lookedAhead() {
        return lookedAhead;
    }

    /** How often frames were read, or tried to be. */
    public int reads() {
        return reads;
    }

    @Override
    public FrameBlock block(long runPk, long after, long upTo, int limit) throws SQLException {
        reads++;
        requireHere();
        if (damaged) {
            throw new SQLException("the frames are damaged", SqlFault.DAMAGED_FRAMES);
        }
        List<RecordedFrame> frames = runs.containsKey(runPk) ? rows(runPk).frames : List.of();
        FrameBlock block = new FrameBlock(after + 1, 1, 1);
        for (RecordedFrame frame : frames) {
            if (frame.sequence() > after
                    && frame.sequence() <= upTo
                    && block.count() < limit
                    && block.length() < READ_BYTES) {
                block.addNext(frame.sequence(), arrived(frame));
            }
        }
        return block;
    }

    @Override
    public Completing completes(long runPk, long after, long upTo) throws SQLException {
        requireHere();
        return rows(runPk).frames.stream()
                .filter(frame -> frame.sequence() > after && frame.sequence() <= upTo)
                .peek(frame -> lookedAhead++)
                .filter(frame -> frame.kind() != FrameKind.PART && frame.kind() != FrameKind.ENCODED)
                .findFirst()
                .map(frame -> new Completing(frame.sequence(), frame.kind()))
                .orElse(Completing.none(upTo));
    }

    private static ArrivedFrame arrived(RecordedFrame frame) {
        return new ArrivedFrame(
                frame.kind(),
                frame.bytes(),
                0,
                frame.bytes().length,
                frame.offsetMicros(),
                frame.type(),
                "",
                frame.parts());
    }

    private Rows rows(long pk) {
        Rows rows = runs.get(pk);
        if (rows == null) {
            throw new AssertionError("Run " + pk + " has no row.");
        }
        return rows;
    }

    private void keep(CommitBatch batch) {
        Set<RunKey> taken = new HashSet<>();
        for (RunWrite write : batch.writes()) {
            if (write.claimsKey() && !keys.add(write.start().key().id())) {
                taken.add(write.run());
            }
        }
        batch.keysTaken(taken);
        List<RunWrite> written = batch.writes().stream()
                .filter(write -> !taken.contains(write.run()))
                .toList();
        written.forEach(this::keep);
        commits.add(written);
    }

    private void keep(RunWrite write) {
        long pk = write.run().pk();
        if (write.start() != null) {
            require(runs.put(pk, new Rows()) == null, "Run " + pk + " begins twice.");
            rows(pk).start = write.start();
        }
        Rows rows = rows(pk);
        require(rows.end == null, "Run " + pk + " goes on after its end.");
        if (write.head() != null) {
            require(rows.head == null, "Run " + pk + " has two heads.");
            rows.head = write.head();
        }
        if (write.frames() != null) {
            add(write.frames(), rows.frames);
        }
        require(
                rows.frames.size() == write.totals().frames(),
                "The totals of run " + pk + " are not those of its frames.");
        rows.end = write.end();
    }

    private static void add(FrameBlock block, List<RecordedFrame> frames) {
        require(
                block.first() == frames.size() + 1,
                "Frame " + block.first() + " comes where " + (frames.size() + 1) + " is due.");
        for (int i = 0; i < block.count(); i++) {
            frames.add(new RecordedFrame(
                    block.sequence(i),
                    block.kind(i),
                    block.offsetMicros(i),
                    block.type(i),
                    "",
                    0,
                    block.parts(i),
                    Arrays.copyOfRange(block.bytes(), block.start(i), block.end(i))));
        }
    }

    private static void require(boolean kept, String otherwise) {
        if (!kept) {
            throw new AssertionError(otherwise);
        }
    }

    private void requireHere() throws SQLException {
        if (away) {
            throw new SQLException("the store is away", BROKEN);
        }
        if (nodeClosed) {
            throw new SQLException("the node is closed", SqlFault.NODE_CLOSED);
        }
    }

    private boolean holds(RunWrite write) {
        Rows rows = runs.get(write.run().pk());
        if (rows == null) {
            return false;
        }
        if (write.frames() != null) {
            return rows.frames.size() >= write.frames().last();
        }
        return write.end() != null ? rows.end != null : write.head() == null || rows.head != null;
    }

    private final class Writer implements BatchWriter {
        private boolean closed;
        private boolean broken;

        Writer() {
            open++;
            opened++;
        }

        @Override
        public void write(CommitBatch batch) throws SQLException {
            brought++;
            requireUsable();
            try {
                Fault fault = faults.poll();
                if (fault != null) {
                    fault.at(() -> keep(batch));
                } else {
                    writeOrRefuse(batch);
                }
            } catch (SQLException e) {
                broken |= BROKEN.equals(e.getSQLState());
                throw e;
            }
        }

        private void writeOrRefuse(CommitBatch batch) throws SQLException {
            if (batch.writes().stream().anyMatch(refused)) {
                throw new SQLException("this is refused", "22021");
            }
            keep(batch);
        }

        @Override
        public boolean holds(CommitBatch batch) throws SQLException {
            requireUsable();
            Set<RunKey> absent = new HashSet<>();
            boolean held = false;
            for (RunWrite write : batch.writes()) {
                boolean there = FakeStore.this.holds(write);
                held |= there;
                if (!there && write.claimsKey()) {
                    absent.add(write.run());
                }
            }
            batch.keysTaken(held ? absent : Set.of());
            return held;
        }

        private void requireUsable() throws SQLException {
            require(!closed, "A connection is used that was closed.");
            requireHere();
            if (broken) {
                throw new SQLException("the connection is broken", BROKEN);
            }
        }

        @Override
        public void rehearse() throws SQLException {
            requireUsable();
            rehearsed++;
        }

        @Override
        public BatchWriter successor() throws SQLException {
            require(closed, "A second connection is opened beside the first.");
            opened++;
            requireHere();
            opened--;
            return new Writer();
        }

        @Override
        public void close() {
            require(!closed, "A connection is closed twice.");
            closed = true;
            open--;
        }
    }
}
