package io.runtape.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.journal.CommitListener;
import io.runtape.journal.Committing;
import io.runtape.journal.LiveRun;
import io.runtape.journal.RunJournal;
import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import io.runtape.store.SqlFault;
import io.runtape.testsupport.HandRunLoop;
import io.runtape.testsupport.HandRunThread;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A run that another gateway records into the same store: its commits, their news, and the reads here go on by hand. */
class RemoteRunTest {

    private static final long NODE = 9;
    private static final int FRAMES_OF_A_READ = 3;
    private static final int RUNS_OF_A_READ = 2;
    private static final int READS_MAX = 100;

    private final Committing elsewhere = new Committing();
    private final RunJournal recorded = elsewhere.begun();
    private final HandRunLoop loop = new HandRunLoop();
    private final List<String> shown = new ArrayList<>();
    private final List<Map<Long, Long>> reads = new ArrayList<>();
    private final RemoteRuns runs = new RemoteRuns(new Commits(), new Followers(), Duration.ZERO, HandRunThread::new);
    private int appended;
    private boolean away;
    private long damaged;

    @BeforeEach
    void start() {
        runs.start(NODE);
    }

    /** What the store holds of the run. */
    private final class Commits extends RemoteCommits {
        Commits() {
            super(null, null);
        }

        @Override
        public long last(long runPk) {
            return elsewhere.store.frames(runPk).size();
        }

        @Override
        public NextFrames after(Map<Long, Long> positions) throws SQLException {
            Map<Long, FrameBlock> blocks = new HashMap<>();
            if (!positions.isEmpty()) {
                reads.add(positions);
            }
            if (positions.containsKey(damaged)) {
                throw new SQLException("the frames of a run are damaged", SqlFault.DAMAGED_FRAMES);
            }
            for (Map.Entry<Long, Long> position : new TreeMap<>(positions).entrySet()) {
                if (blocks.size() == RUNS_OF_A_READ) {
                    return new NextFrames(blocks, true);
                }
                FrameBlock block =
                        elsewhere.store.block(position.getKey(), position.getValue(), Long.MAX_VALUE, FRAMES_OF_A_READ);
                if (block.count() > 0) {
                    blocks.put(position.getKey(), block);
                }
            }
            return new NextFrames(blocks, false);
        }

        @Override
        public Map<Long, Optional<Ended>> ended(Collection<Long> asked) {
            Map<Long, Optional<Ended>> ended = new HashMap<>();
            for (Long pk : asked) {
                if (!elsewhere.store.has(pk)) {
                    ended.put(pk, Optional.empty());
                } else if (elsewhere.store.end(pk) != null) {
                    ended.put(pk, Optional.of(new Ended(elsewhere.store.end(pk), last(pk))));
                }
            }
            return ended;
        }
    }

    /** What the run's own gateway is shown. */
    private final class Followers extends RunFollowers {
        Followers() {
            super(null);
        }

        @Override
        public void expect(long runPk, long nodeId) {
            shown.add("expected");
        }

        @Override
        public void say(long nodeId, Collection<Long> pks, Readers readers) throws SQLException {
            if (away) {
                throw new SQLException("the store is away", "08006");
            }
            assertEquals(NODE, nodeId);
            shown.add(readers.name().toLowerCase(Locale.ROOT));
        }
    }

    private final class Reader implements CommitListener {
        private final List<String> heard = new ArrayList<>();
        private RunEnd ended;
        private boolean gone;

        @Override
        public Executor loop() {
            return loop.eventLoop();
        }

        @Override
        public void committed(FrameBlock frames) {
            assertNull(ended, "frames come after the end");
            for (int i = 0; i < frames.count(); i++) {
                heard.add(new String(frames.bytes(), frames.start(i), frames.end(i) - frames.start(i), UTF_8));
            }
        }

        @Override
        public void ended(RunEnd end) {
            assertNull(ended, "it ends twice");
            ended = end;
        }

        @Override
        public void gone() {
            gone = true;
        }
    }

    private LiveRun found() throws SQLException {
        return found(recorded);
    }

    private LiveRun found(RunJournal run) throws SQLException {
        return runs.run(run.pk(), run.id()).orElseThrow();
    }

    private Reader reading(LiveRun run) {
        Reader reader = new Reader();
        run.subscribe(reader);
        return reader;
    }

    /** The other gateway commits frames; nobody is told. */
    private void commit(int frames) {
        for (int i = 0; i < frames; i++) {
            Committing.append(recorded, "data: " + ++appended + "\n\n");
        }
        elsewhere.commit();
    }

    /** Reads what is marked and tells it, until nothing is marked any more. */
    private void follow() throws SQLException {
        for (int before = -1; before != reads.size(); ) {
            before = reads.size();
            assertTrue(before < READS_MAX, "it reads again and again");
            runs.follow();
            loop.run();
        }
    }

    private List<String> stored() {
        return elsewhere.store.frames(recorded.pk());
    }

    @Test
    void tellsCommitsOfAnotherGatewayInTheirOrder() throws SQLException {
        Reader first = reading(found());
        Reader second = reading(found());
        commit(2);
        runs.written(recorded.pk());
        follow();
        commit(5);
        runs.written(recorded.pk());
        follow();

        assertEquals(stored(), first.heard);
        assertEquals(stored(), second.heard);
        assertEquals(7, found().durableSequence());
    }

    @Test
    void beginsWhereTheRunWasWhenItWasFound() throws SQLException {
        LiveRun before = found();
        commit(4);
        LiveRun run = found();
        assertSame(before, run);
        assertEquals(4, run.durableSequence());
        Reader reader = new Reader();
        assertEquals(new LiveRun.Subscribed(4, null), run.subscribe(reader));
        commit(1);
        runs.written(recorded.pk());
        follow();

        assertEquals(List.of("data: 5\n\n"), reader.heard);
    }

    /** A client may have got its last event at the run's own gateway a moment ago, before it was read here. */
    @Test
    void knowsHowFarTheRunIsThoughItsReadersAreNotThereYet() throws SQLException {
        Reader behind = reading(found());
        follow();
        commit(4);
        LiveRun run = found();

        assertEquals(4, run.durableSequence());
        Reader reader = new Reader();
        assertEquals(new LiveRun.Subscribed(0, null), run.subscribe(reader));
        runs.written(recorded.pk());
        follow();
        assertEquals(stored(), behind.heard);
        assertEquals(stored(), reader.heard);
        assertEquals(4, run.durableSequence());
    }

    @Test
    void readsNoMoreBeforeAllHaveHeardOfTheLast() throws SQLException {
        Reader reader = reading(found());
        commit(7);
        runs.written(recorded.pk());
        runs.follow();
        runs.written(recorded.pk());
        runs.follow();
        assertEquals(1, reads.size());
        assertEquals(List.of(), reader.heard);

        loop.run();
        assertEquals(3, reader.heard.size());
        follow();
        assertEquals(stored(), reader.heard);
    }

    @Test
    void findsWhatANotificationThatGotLostWouldHaveNamed() throws SQLException {
        Reader reader = reading(found());
        follow();
        commit(2);
        follow();
        assertEquals(List.of(), reader.heard);

        runs.toldOfCommits(true);
        follow();
        assertEquals(stored(), reader.heard);

        recorded.end(Committing.completed());
        elsewhere.commit();
        runs.toldOfCommits(true);
        follow();
        assertEquals(Committing.completed(), reader.ended);
    }

    @Test
    void goesOnBesideARunThatCannotBeRead() throws SQLException {
        RunJournal other = elsewhere.begun();
        Reader ofDamaged = reading(found());
        Reader ofOther = reading(found(other));
        damaged = recorded.pk();
        Committing.append(other, "data: other\n\n");
        commit(1);
        runs.written(recorded.pk());
        runs.written(other.pk());
        follow();

        assertTrue(ofDamaged.gone);
        assertEquals(List.of(), ofDamaged.heard);
        assertFalse(ofOther.gone);
        assertEquals(List.of("data: other\n\n"), ofOther.heard);
    }

    @Test
    void readsOnWhereOneReadCouldNotTakeAll() throws SQLException {
        Map<RunJournal, Reader> readers = new HashMap<>();
        for (int i = 0; i < 2 * RUNS_OF_A_READ + 1; i++) {
            RunJournal run = elsewhere.begun();
            readers.put(run, reading(found(run)));
            Committing.append(run, "data: " + run.pk() + "\n\n");
        }
        elsewhere.commit();
        readers.keySet().forEach(run -> runs.written(run.pk()));
        follow();

        readers.forEach((run, reader) -> assertEquals(List.of("data: " + run.pk() + "\n\n"), reader.heard));
    }

    @Test
    void tellsTheEndAfterTheLastFrame() throws SQLException {
        LiveRun run = found();
        Reader reader = reading(run);
        commit(4);
        recorded.end(Committing.completed());
        elsewhere.commit();
        runs.ended(recorded.pk());
        runs.follow();
        loop.run();
        assertEquals(3, reader.heard.size());
        assertNull(reader.ended);
        follow();

        assertEquals(stored(), reader.heard);
        assertEquals(Committing.completed(), reader.ended);
        assertEquals(new LiveRun.Subscribed(4, Committing.completed()), run.subscribe(new Reader()));
    }

    @Test
    void tellsAnEndThatWasAnnouncedBeforeAnybodyReadTheRun() throws SQLException {
        recorded.end(Committing.completed());
        elsewhere.commit();
        runs.ended(recorded.pk());
        Reader reader = reading(found());
        follow();

        assertEquals(Committing.completed(), reader.ended);
    }

    @Test
    void tellsThatTheRunIsGone() throws SQLException {
        Reader reader = reading(found());
        elsewhere.store.delete(recorded.pk());
        runs.toldOfCommits(true);
        follow();

        assertTrue(reader.gone);
        assertNull(reader.ended);
    }

    @Test
    void leavesWhereNobodyReadsItAnyMore() throws SQLException {
        LiveRun run = found();
        assertEquals(List.of("expected"), shown);
        Reader reader = reading(run);
        runs.show();
        assertEquals(List.of("expected", "reading"), shown);
        runs.toldOfCommits(true);
        assertSame(run, found());

        run.unsubscribe(reader);
        int read = reads.size();
        commit(1);
        runs.written(recorded.pk());
        follow();
        assertEquals(List.of(), reader.heard);
        assertEquals(read, reads.size());
        runs.show();
        assertEquals(3, shown.size());
        runs.toldOfCommits(true);
        assertNotSame(run, found());
    }

    @Test
    void showsNextTimeWhatCouldNotBeShown() throws SQLException {
        reading(found());
        away = true;
        assertThrows(SQLException.class, runs::show);
        away = false;
        runs.show();
        runs.show();

        assertEquals(List.of("expected", "reading"), shown);
        assertFalse(shown.contains("nobody"));
    }
}
