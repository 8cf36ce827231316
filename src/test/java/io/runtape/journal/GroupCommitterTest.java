package io.runtape.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.run.RunEnd;
import io.runtape.run.RunReason;
import io.runtape.run.RunStatus;
import io.runtape.store.SqlFault;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What becomes of what runs append; each commit is made when a test says so, by a store that fails as it says. */
class GroupCommitterTest {

    /** As the architecture page has it. */
    private static final int BATCH_FRAMES_MAX = 8192;

    private final Committing at = new Committing();

    private static void append(RunJournal run, int frames) {
        for (int i = 0; i < frames; i++) {
            Heard.append(run, "e");
        }
    }

    private static List<Long> upTo(long last) {
        return LongStream.rangeClosed(1, last).boxed().toList();
    }

    private List<String> extentsOfCommit(int index) {
        return Committing.extents(at.store.commits().get(index));
    }

    /** What every test must be able to say of such a run at last: the store has it all, and who listened heard the same. */
    private void assertWhole(RunJournal run, Heard heard, long frames) {
        assertEquals(frames, at.store.frames(run.pk()).size());
        assertEquals(upTo(frames), heard.sequences());
        assertEquals(frames, run.durableSequence());
    }

    @Test
    void commitsAllThatWaitsTogether() {
        RunJournal a = at.opened();
        RunJournal b = at.opened();
        at.commit();
        append(a, 1);
        append(b, 2);
        append(a, 2);
        at.commit();

        assertEquals(
                List.of(List.of("1:-", "2:-"), List.of("1:1-3", "2:1-2")),
                List.of(extentsOfCommit(0), extentsOfCommit(1)));
        assertEquals(2, at.store.commits().size());
    }

    @Test
    void tellsNobodyBeforeItIsDurable() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, 1);
        List<Long> heardBefore = new ArrayList<>(List.of(-1L));
        at.store.atNextWrite(keep -> {
            at.loop.run();
            heardBefore.clear();
            heardBefore.addAll(heard.sequences());
            heardBefore.add(run.durableSequence());
            keep.run();
        });
        at.commit();

        assertEquals(List.of(0L), heardBefore);
        assertWhole(run, heard, 1);
    }

    @Test
    void keepsTheOrderOfARunOverCommits() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, 2);
        at.store.atNextWrite(keep -> {
            append(run, 3);
            keep.run();
            append(run, 1);
        });
        at.commit();
        assertEquals(upTo(2), heard.sequences());
        at.commit();

        assertEquals(List.of("1:3-6"), extentsOfCommit(2));
        assertWhole(run, heard, 6);
    }

    @Test
    void endsARunInTheCommitOfItsLastFrames() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, 2);
        run.end(Committing.completed());
        append(run, 1);
        at.commit();

        assertWhole(run, heard, 2);
        assertEquals(RunStatus.COMPLETED, heard.ended().status());
        assertEquals(RunStatus.COMPLETED, at.store.end(run.pk()).status());
        assertEquals(2, at.store.commits().size());
        assertFalse(at.live.contains(run));
    }

    @Test
    void takesNoFurtherRunWhereABatchHasAsManyFramesAsItMay() {
        RunJournal a = at.begun();
        RunJournal b = at.begun();
        append(a, BATCH_FRAMES_MAX);
        append(b, 1);
        at.commit();
        at.commit();
        assertEquals(List.of("1:1-8192"), extentsOfCommit(2));
        assertEquals(List.of("2:1-1"), extentsOfCommit(3));

        append(a, BATCH_FRAMES_MAX - 1);
        append(b, 1);
        at.commit();
        assertEquals(List.of("1:8193-16383", "2:2-2"), extentsOfCommit(4));
    }

    @Test
    void takesNoFurtherRunWhereABatchHasAsManyBytesAsItMay() {
        List<RunJournal> runs = IntStream.range(0, 3).mapToObj(i -> at.opened()).toList();
        at.commit();
        byte[] half = new byte[(int) (at.committer.batchBytesMax / 2)];
        runs.forEach(run -> Heard.append(run, "e", half));
        at.commit();
        at.commit();

        assertEquals(List.of("1:1-1", "2:1-1"), extentsOfCommit(1));
        assertEquals(List.of("3:1-1"), extentsOfCommit(2));
    }

    @Test
    void restsAsItsPaceSays() {
        RunJournal run = at.begun();
        at.committer.start(at.store.open(), new CommitPace.Distance(Duration.ofMillis(10)));
        append(run, 1);
        at.store.atNextWrite(keep -> {
            at.time.go(Duration.ofMillis(4));
            keep.run();
        });
        at.commit();

        assertEquals(List.of(Duration.ofMillis(6)), at.time.passed());
    }

    @Test
    void endsOnlyTheRunThatIsRefused() {
        List<RunJournal> runs = IntStream.range(0, 3).mapToObj(i -> at.opened()).toList();
        at.commit();
        List<Heard> heard = runs.stream().map(Heard::of).toList();
        RunJournal faulty = runs.get(1);
        append(faulty, 1);
        at.commit();
        at.store.refuse(write -> write.run().pk() == faulty.pk() && write.frames() != null);
        runs.forEach(run -> append(run, 2));
        at.commit();

        assertWhole(runs.get(0), heard.get(0), 2);
        assertWhole(runs.get(2), heard.get(2), 2);
        assertEquals(List.of(1L), heard.get(1).sequences());
        assertEquals(RunReason.STORE_UNAVAILABLE, heard.get(1).ended().reason());
        assertNull(heard.get(0).ended());

        at.commit();
        assertEquals(RunStatus.FAILED, at.store.end(faulty.pk()).status());
        assertEquals(1, at.store.frames(faulty.pk()).size());
        assertFalse(at.live.contains(faulty));
        assertTrue(at.committer.available());
    }

    @Test
    void refusesOnlyTheRunWhoseRowIsRefused() {
        RunJournal good = at.opened();
        RunJournal faulty = at.opened();
        at.store.refuse(write -> write.run().pk() == faulty.pk());
        at.commit();

        assertSame(good, good.started().getNow(null));
        assertInstanceOf(StoreUnavailableException.class, Committing.failure(faulty));
        assertFalse(at.store.has(faulty.pk()));
        assertFalse(at.live.contains(faulty));
    }

    @Test
    void triesAgainWhereAnotherTransactionWasInTheWay() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, 2);
        for (int i = 0; i < 4; i++) {
            at.store.failNextWrite(SqlFault.CONFLICT);
        }
        at.commit();

        assertWhole(run, heard, 2);
        assertEquals(1, at.store.opened());
        assertEquals(List.of(), at.time.passed());
    }

    @Test
    void takesAConflictThatStaysForAnOutage() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, 2);
        for (int i = 0; i < 5; i++) {
            at.store.failNextWrite(SqlFault.CONFLICT);
        }
        at.commit();

        assertWhole(run, heard, 2);
        assertEquals(2, at.store.opened());
    }

    @Test
    void writesNothingTwiceWhereOnlyTheAnswerWasLost() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, 3);
        at.store.breakNextCommit(true);
        at.commit();

        assertWhole(run, heard, 3);
        assertEquals(2, at.store.commits().size());
        append(run, 1);
        at.commit();
        assertWhole(run, heard, 4);
    }

    @Test
    void leavesNothingOutWhereTheCommitWasLost() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, 3);
        at.store.breakNextCommit(false);
        at.time.whileWaiting(() -> append(run, 1));
        at.commit();

        assertWhole(run, heard, 3);
        at.commit();
        assertWhole(run, heard, 4);
    }

    @Test
    void asksTheTablesAfterAFaultOfItsOwn() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, 3);
        at.store.atNextWrite(keep -> {
            keep.run();
            throw new IllegalStateException("a fault of this test");
        });
        at.commit();

        assertWhole(run, heard, 3);
        assertNull(at.died);
    }

    @Test
    void leavesOutTheRunWhoseKeyIsTaken() {
        at.store.takeKey("k");
        RunJournal repeat = at.opened("k");
        RunJournal other = at.opened("l");
        at.commit();

        assertInstanceOf(KeyTakenException.class, Committing.failure(repeat));
        assertSame(other, other.started().getNow(null));
        assertFalse(at.store.has(repeat.pk()));
        assertEquals(List.of(other), List.copyOf(at.live));
        assertEquals(1, at.written.size());
    }

    @Test
    void knowsWhoseKeyWasTakenWhereTheAnswerWasLost() {
        at.store.takeKey("k");
        RunJournal repeat = at.opened("k");
        RunJournal other = at.opened("l");
        at.store.breakNextCommit(true);
        at.commit();

        assertInstanceOf(KeyTakenException.class, Committing.failure(repeat));
        assertSame(other, other.started().getNow(null));
        assertEquals(1, at.store.commits().size());
    }

    @Test
    void claimsTheKeyAgainWhereTheCommitWasLost() {
        RunJournal run = at.opened("k");
        at.store.breakNextCommit(false);
        at.commit();

        assertSame(run, run.started().getNow(null));
        assertTrue(at.store.has(run.pk()));
    }

    /** Its caller has given up, so nothing is sent, and a repeat of the call must be free to run. */
    @Test
    void freesTheKeyOfARunThatIsWithdrawnBeforeItsLoopHearsOfIt() {
        RunJournal run = at.opened("k");
        at.commitUntold();
        run.withdraw();
        at.commit();

        RunEnd end = at.store.end(run.pk());
        assertEquals(RunReason.STORE_UNAVAILABLE, end.reason());
        assertFalse(end.cut());
    }

    @Test
    void commitsWhatIsLeftBeforeItStops() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, BATCH_FRAMES_MAX);
        RunJournal second = at.opened();
        run.end(Committing.completed());
        at.committer.stop(Duration.ofSeconds(1));
        at.workToTheEnd();

        assertWhole(run, heard, BATCH_FRAMES_MAX);
        assertEquals(RunStatus.COMPLETED, at.store.end(run.pk()).status());
        assertTrue(at.store.has(second.pk()));
        assertEquals(1, at.store.rehearsed());
        assertEquals(0, at.store.openNow());
        assertTrue(at.committer.rehearsed().toCompletableFuture().isDone());
    }

    @Test
    void waitsForMoreUntilItIsToldToStop() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        at.time.whileIdle(() -> append(run, 1), () -> append(run, 2), () -> at.committer.stop(Duration.ofSeconds(1)));
        at.workToTheEnd();

        assertWhole(run, heard, 3);
        assertEquals(List.of("1:1-1"), extentsOfCommit(1));
        assertNull(at.died);
        assertEquals(0, at.store.openNow());
    }

    @Test
    void stopsWithoutAStoreThatIsAway() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, 1);
        at.store.away(true);
        at.committer.stop(Duration.ofSeconds(1));
        at.workToTheEnd();

        assertEquals(RunReason.STORE_UNAVAILABLE, heard.ended().reason());
        assertEquals(List.of(), heard.sequences());
        assertEquals(0, at.store.openNow());
        assertNull(at.died);
    }

    /** An end behind frames that were dropped would say for good that they are there. */
    @Test
    void writesNothingBehindABatchThatItLeft() {
        RunJournal run = at.begun();
        append(run, 1);
        at.store.away(true);
        at.committer.stop(Duration.ofSeconds(1));
        at.commit();
        int commits = at.store.commits().size();
        at.store.away(false);
        at.commit();

        assertEquals(commits, at.store.commits().size());
        assertNull(at.store.end(run.pk()));
    }

    @Test
    void dropsRunsAndEndsWhereItsNodeIsClosed() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        RunJournal waiting = at.opened();
        append(run, 1);
        at.store.closeNode();
        at.commit();

        assertTrue(at.takenOver);
        assertTrue(heard.isGone());
        assertInstanceOf(StoreUnavailableException.class, Committing.failure(waiting));
        assertFalse(at.committer.available());
        assertFalse(at.committer.canCommit());
        assertEquals(1, at.store.commits().size());
        assertEquals(1, at.store.opened());

        int brought = at.store.brought();
        at.opened();
        at.commit();
        assertEquals(brought, at.store.brought());
    }

    @Test
    void cutsAllReadersOffWhereItDies() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        RunJournal silent = at.begun();
        Heard other = Heard.of(silent);
        append(run, 1);
        StackOverflowError fault = new StackOverflowError("a fault of this test");
        at.store.atNextWrite(keep -> {
            throw fault;
        });
        at.workToTheEnd();

        assertSame(fault, at.died);
        assertTrue(heard.isGone());
        assertTrue(other.isGone());
        assertEquals(List.of(), heard.sequences());
        assertFalse(at.committer.available());
        assertFalse(at.committer.canCommit());
    }

    /** The store has the frames, and nobody here knows who has heard of them. */
    @Test
    void cutsAllReadersOffWhereItDiesInTellingOfACommit() {
        RunJournal run = at.begun();
        Heard heard = Heard.of(run);
        append(run, 1);
        at.faultInTelling = new IllegalStateException("a fault of this test");
        at.workToTheEnd();

        assertSame(at.faultInTelling, at.died);
        assertTrue(heard.isGone());
        assertEquals(1, at.store.frames(run.pk()).size());
    }

    @Test
    void isUnavailableWhileACommitTakesTooLong() {
        RunJournal run = at.begun();
        append(run, 1);
        List<Boolean> available = new ArrayList<>();
        at.store.atNextWrite(keep -> {
            at.time.go(Duration.ofSeconds(2));
            available.add(at.committer.available());
            at.time.go(Duration.ofNanos(1));
            available.add(at.committer.available());
            keep.run();
        });
        at.commit();
        available.add(at.committer.available());

        assertEquals(List.of(true, false, true), available);
    }

    @Test
    void readsTheSourceOfAFullRunAgainWhenHalfOfItIsFree() throws SQLException {
        RunJournal run = at.begun();
        List<String> calls = new ArrayList<>();
        byte[] most = new byte[(int) RunJournal.UNCOMMITTED_MAX];
        Heard.append(run, "e", most);
        assertTrue(run.isFull());
        run.whenRoom(() -> calls.add("room"));
        at.loop.run();
        assertEquals(List.of(), calls);

        at.commit();
        assertFalse(run.isFull());
        assertEquals(List.of("room"), calls);
    }
}
