package io.runtape.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.runtape.journal.Committing;
import io.runtape.journal.RunJournal;
import io.runtape.run.RunEnd;
import io.runtape.run.RunReason;
import io.runtape.run.RunStatus;
import io.runtape.server.fairness.ReadTurns;
import io.runtape.server.fairness.UnsentBytes;
import io.runtape.sse.FrameKind;
import io.runtape.testsupport.HandRunLoop;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A reader of a real journal: commits, the reader's event loop and its reads of the store each go on when a test says so, so
 * that they meet in every order there is.
 */
class RunReaderTest {

    private static final int READS_MAX = 1000;

    private static final Duration AGE_MAX = Duration.ofMinutes(1);

    private static final String KEEP_ALIVE = ": keep-alive\n\n";

    private static final String COME_BACK = "retry: 1000\n\n";

    /** More than a reader's queue may hold. */
    private static final int QUEUE_BYTES = (1 << 20) + (64 << 10);

    private final Committing at = new Committing();
    private final RunJournal run = at.begun();
    private final HandRunLoop loop = new HandRunLoop();
    private final HandRunLoop reads = new HandRunLoop();
    private final Delivery delivery = new Delivery(
            at.store,
            new DeliveryMetrics(new SimpleMeterRegistry()),
            new ReadTurns(reads.eventLoop()),
            new UnsentBytes(),
            AGE_MAX,
            loop::nanoTime);
    private int appended;

    /** Whoever the reader's items go to. */
    private static final class Client implements Flow.Subscriber<Buffer> {
        private final List<String> items = new ArrayList<>();
        private Flow.Subscription reader;
        private boolean complete;
        private Throwable error;

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            reader = subscription;
        }

        @Override
        public void onNext(Buffer bytes) {
            assertFalse(complete || error != null, "an item comes after the end");
            items.add(bytes.toString(UTF_8));
        }

        @Override
        public void onError(Throwable cause) {
            assertFalse(complete || error != null, "it ends twice");
            error = cause;
        }

        @Override
        public void onComplete() {
            assertFalse(complete || error != null, "it ends twice");
            complete = true;
        }

        String text() {
            return String.join("", items);
        }
    }

    /** A client of the run from its first frame on, which has asked for nothing yet. */
    private Client client() {
        return client(RunSource.of(run, "owner"), 0);
    }

    private Client client(RunSource source, long after) {
        return client(source, after, VerbatimFraming.ofTheWire());
    }

    private Client client(RunSource source, long after, StreamFormat framing) {
        Client client = new Client();
        delivery.read(source, after, framing, loop.eventLoop()).subscribe().withSubscriber(client);
        return client;
    }

    /** A client that takes whatever comes, in this form. */
    private Client greedy(StreamFormat framing) {
        Client client = client(RunSource.of(run, "owner"), 0, framing);
        client.reader.request(Long.MAX_VALUE);
        return client;
    }

    /** A tail that takes whatever comes, until its connection is too old. */
    private Client tail(long after, StreamFormat framing) {
        Client client = new Client();
        delivery.read(RunSource.of(run, "owner"), after, framing, delivery.tailAge(!framing.isTail()), loop.eventLoop())
                .subscribe()
                .withSubscriber(client);
        client.reader.request(Long.MAX_VALUE);
        return client;
    }

    /** A client that takes whatever comes. */
    private Client greedy() {
        Client client = client();
        client.reader.request(Long.MAX_VALUE);
        return client;
    }

    /** Appends as many frames, each another one, and commits them; the reader's loop has not heard of it yet. */
    private void commit(int frames) {
        commit(frames, 0);
    }

    private void commit(int frames, int padding) {
        for (int i = 0; i < frames; i++) {
            Committing.append(run, "data: " + ++appended + "x".repeat(padding) + "\n\n");
        }
        at.commitUntold();
    }

    private void end(RunEnd end) {
        run.end(end);
        at.commitUntold();
    }

    private static RunEnd broken() {
        return RunEnd.broken(RunStatus.FAILED, RunReason.UPSTREAM_CLOSED, Instant.EPOCH);
    }

    /** One read of the store at the most, if one waits, and what follows from it. */
    private void readOnce() {
        reads.run();
        loop.run();
    }

    /** All goes on until nothing moves. */
    private void settle() {
        loop.run();
        for (int before = -1; before != at.store.reads(); ) {
            assertTrue(at.store.reads() < READS_MAX, "it reads again and again");
            before = at.store.reads();
            readOnce();
        }
    }

    private String recorded() {
        return String.join("", at.store.frames(run.pk()));
    }

    @Test
    void handsOutAllThatACommitBroughtAsOneItem() {
        Client client = greedy();
        commit(3);
        loop.run();
        commit(2);
        loop.run();

        assertEquals(List.of("data: 1\n\ndata: 2\n\ndata: 3\n\n", "data: 4\n\ndata: 5\n\n"), client.items);
        assertEquals(0, at.store.reads());
    }

    /** The store may have the end after all, and another one than what the run's own client is told. */
    @Test
    void tellsATailNoEndThatIsNotDurable() {
        Client tail = greedy(new TailFraming(0));
        Client caller = greedy();
        commit(1);
        loop.run();
        Committing.append(run, "data: 2\n\n");
        run.end(Committing.completed());
        at.commitUnanswered(true);
        settle();

        assertInstanceOf(BrokenOffException.class, caller.error);
        assertInstanceOf(BrokenOffException.class, tail.error);
        assertEquals("data: 1\nid: 1\n\n", tail.text());
        Client back = client(RunSource.of(run, "owner"), 1, new TailFraming(0));
        back.reader.request(Long.MAX_VALUE);
        settle();
        assertTrue(back.complete);
        assertEquals(
                "data: 2\nid: 2\n\nevent: runtape.end\nid: 2\ndata: {\"runId\":\"" + run.id()
                        + "\",\"status\":\"completed\",\"reason\":null,\"lastSequence\":2}\n\n",
                back.text());
    }

    @Test
    void tellsATailTheEndThatIsStoredWhereTheStoreRefusesFrames() {
        Client tail = greedy(new TailFraming(0));
        Client caller = greedy();
        commit(1);
        loop.run();
        at.store.refuse(write -> write.frames() != null);
        commit(1);
        loop.run();

        assertInstanceOf(BrokenOffException.class, caller.error);
        assertNull(at.store.end(run.pk()));
        assertNull(tail.error);
        assertEquals("data: 1\nid: 1\n\n", tail.text());
        at.commitUntold();
        settle();

        assertTrue(tail.complete);
        assertEquals(
                "data: 1\nid: 1\n\nevent: runtape.end\nid: 1\ndata: {\"runId\":\"" + run.id()
                        + "\",\"status\":\"failed\",\"reason\":\"store_unavailable\",\"lastSequence\":1}\n\n",
                tail.text());
    }

    /** They stay damaged, however long the run goes on. */
    @Test
    void isCutOffWhereTheFramesOfALiveRunAreDamaged() {
        commit(1);
        at.store.damageFrames();
        Client late = greedy(new TailFraming(0));
        settle();

        assertInstanceOf(BrokenOffException.class, late.error);
        assertEquals(1, at.store.reads());
    }

    /** As another gateway may know how far the run is before it has read that. */
    @Test
    void goesOnBehindAPositionThatIsNotThereYet() {
        commit(1);
        Client ahead = client(RunSource.of(run, "owner"), 3, new TailFraming(0));
        ahead.reader.request(Long.MAX_VALUE);
        commit(1);
        settle();
        commit(3);
        settle();
        assertEquals("data: 4\nid: 4\n\ndata: 5\nid: 5\n\n", ahead.text());
        assertEquals(0, at.store.reads());
    }

    @Test
    void handsOutOneItemForEachThatIsAskedFor() {
        Client client = client();
        // An item is full where it reaches 64 KiB.
        commit(5, 40 << 10);
        loop.run();
        assertEquals(0, client.items.size());

        List<Integer> sizes = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            client.reader.request(1);
            settle();
            assertEquals(i, client.items.size());
            sizes.add(client.items.get(i - 1).split("\n\n").length);
        }
        assertEquals(List.of(2, 2, 1), sizes);
        assertEquals(recorded(), client.text());

        commit(1);
        loop.run();
        commit(1);
        loop.run();
        assertEquals(3, client.items.size());
        client.reader.request(1);
        assertEquals(recorded(), client.text());
        assertEquals(4, client.items.size());
        assertEquals(0, at.store.reads());
    }

    @Test
    void readsBackWhatItsQueueDidNotHold() {
        Client client = client();
        for (int i = 0; i * (32 << 10) < QUEUE_BYTES; i++) {
            commit(1, 32 << 10);
            loop.run();
        }
        assertEquals(0, at.store.reads());

        client.reader.request(1);
        loop.run();
        reads.run();
        assertEquals(1, at.store.reads());
        client.reader.request(Long.MAX_VALUE);
        settle();
        assertEquals(recorded(), client.text());

        int readBefore = at.store.reads();
        assertTrue(readBefore > 1, "it was read in " + readBefore + " reads");
        commit(1);
        settle();
        assertEquals(recorded(), client.text());
        assertEquals(readBefore, at.store.reads());
    }

    @Test
    void catchesUpWhileTheRunGoesOn() {
        Client client = client();
        for (int i = 0; i < 40; i++) {
            commit(1, 32 << 10);
            loop.run();
        }
        client.reader.request(Long.MAX_VALUE);
        for (int i = 0; i < 60; i++) {
            commit(1, i % 3 == 0 ? 32 << 10 : 0);
            // In every order: a commit is heard of before the read, and after it.
            if (i % 2 == 0) {
                loop.run();
            }
            readOnce();
            assertTrue(recorded().startsWith(client.text()), "it has what was recorded, in order");
        }
        settle();

        assertEquals(recorded(), client.text());
    }

    @Test
    void joinsBetweenACommitAndItsNews() {
        Client before = greedy();
        commit(3);
        Client joined = greedy();
        loop.run();
        assertEquals("", joined.text());
        settle();
        commit(2);
        settle();

        assertEquals(recorded(), before.text());
        assertEquals(recorded(), joined.text());
        assertEquals(1, at.store.reads());
    }

    @Test
    void keepsWhatIsCommittedDuringItsReadForAfterIt() {
        commit(3);
        Client client = greedy();
        commit(2);
        loop.run();
        commit(1);
        assertEquals("", client.text());

        settle();
        assertEquals(recorded(), client.text());
        assertEquals(1, at.store.reads());
    }

    @Test
    void beginsBehindTheFrameThatItsClientHas() {
        commit(3);
        Client client = client(RunSource.of(run, "owner"), 2);
        client.reader.request(Long.MAX_VALUE);
        commit(1);
        settle();

        assertEquals("data: 3\n\ndata: 4\n\n", client.text());
    }

    @Test
    void endsOnlyAfterTheLastFrameOfARunThatEndedWhileItCaughtUp() {
        commit(3);
        Client client = greedy();
        commit(2);
        end(Committing.completed());
        loop.run();
        assertFalse(client.complete, "it ends before its frames");
        settle();

        assertEquals(recorded(), client.text());
        assertTrue(client.complete);
        assertFalse(run.isHeard());
    }

    @Test
    void breaksOffAfterTheLastFrameOfARunThatBrokeOff() {
        commit(3);
        Client client = greedy();
        end(broken());
        loop.run();
        assertNull(client.error);
        settle();

        assertEquals(recorded(), client.text());
        assertInstanceOf(BrokenOffException.class, client.error);
    }

    @Test
    void endsWhereTheRunHasEndedBeforeItJoins() {
        commit(2);
        end(Committing.completed());
        Client client = greedy();
        settle();

        assertEquals(recorded(), client.text());
        assertTrue(client.complete);
    }

    @Test
    void tellsNothingAfterACancel() {
        commit(2);
        Client client = greedy();
        client.reader.cancel();
        assertFalse(run.isHeard());
        commit(1);
        end(broken());
        settle();

        assertEquals(List.of(), client.items);
        assertFalse(client.complete);
        assertNull(client.error);
    }

    @Test
    void tellsNothingOfANewsThatWasOnItsWayWhenItWasCancelled() {
        Client client = greedy();
        commit(1);
        end(Committing.completed());
        client.reader.cancel();
        settle();

        assertEquals(List.of(), client.items);
        assertFalse(client.complete);
    }

    @Test
    void readsAgainEverySecondWhileTheRunIsLive() {
        commit(2);
        at.store.away(true);
        Client client = greedy();
        readOnce();
        assertEquals(1, at.store.reads());
        loop.pass(Duration.ofMillis(999));
        readOnce();
        assertEquals(1, at.store.reads());
        loop.pass(Duration.ofMillis(1));
        readOnce();
        assertEquals(2, at.store.reads());
        assertNull(client.error);

        at.store.away(false);
        commit(1);
        loop.pass(Duration.ofSeconds(1));
        settle();
        assertEquals(3, at.store.reads());
        assertEquals(recorded(), client.text());
        assertNull(client.error);
    }

    @Test
    void isCutOffWhereFramesOfAnEndedRunCannotBeRead() {
        commit(2);
        end(Committing.completed());
        at.store.away(true);
        Client client = client(
                new RunSource(
                        run.pk(), run.id(), "owner", null, 2, new RunEnding(run.id(), "completed", null, 2, false)),
                0);
        client.reader.request(1);
        settle();

        assertInstanceOf(BrokenOffException.class, client.error);
        assertEquals(1, at.store.reads());
    }

    @Test
    void isCutOffWhereARunEndedWhileItsFramesCouldNotBeRead() {
        commit(2);
        Client client = greedy();
        end(Committing.completed());
        loop.run();
        at.store.away(true);
        settle();

        assertInstanceOf(BrokenOffException.class, client.error);
        assertFalse(run.isHeard());
    }

    @Test
    void readsAnEndedRunToItsEnd() {
        commit(40, 4 << 10);
        end(broken());
        Client client = client(
                new RunSource(
                        run.pk(), run.id(), "owner", null, 40, new RunEnding(run.id(), "failed", null, 40, false)),
                0);
        client.reader.request(1);
        settle();
        assertEquals(1, client.items.size());
        client.reader.request(Long.MAX_VALUE);
        settle();

        assertEquals(recorded(), client.text());
        assertTrue(client.complete);
    }

    @Test
    void isCutOffWhereItsFramesAreGone() {
        commit(2);
        Client client = greedy();
        at.store.delete(run.pk());
        settle();

        assertInstanceOf(BrokenOffException.class, client.error);
    }

    @Test
    void isCutOffWhereItsRunIsLost() {
        Client client = greedy();
        at.store.closeNode();
        commit(1);
        settle();

        assertInstanceOf(BrokenOffException.class, client.error);
        assertEquals("", client.text());
    }

    /** After five idle seconds the client gets a comment, and no other reader does. */
    @Test
    void keepsOnlyTheClientAwakeThatAsked() {
        Client awake = greedy(new BodyForm(false, true, Duration.ofSeconds(5), null).framing());
        Client other = greedy();
        loop.pass(Duration.ofSeconds(4));
        commit(1);
        loop.pass(Duration.ofMillis(4999));
        assertEquals("data: 1\n\n", awake.text());
        loop.pass(Duration.ofMillis(1));
        assertEquals("data: 1\n\n" + KEEP_ALIVE, awake.text());
        loop.pass(Duration.ofSeconds(10));
        commit(1);
        end(Committing.completed());
        settle();
        loop.pass(Duration.ofMinutes(1));

        assertEquals("data: 1\n\n" + KEEP_ALIVE.repeat(3) + "data: 2\n\n", awake.text());
        assertTrue(awake.complete);
        assertEquals(recorded(), other.text());
        assertEquals("data: 1\n\ndata: 2\n\n", recorded());
    }

    @Test
    void putsIdsAndCommentsIntoOneStream() {
        Client client = greedy(new BodyForm(true, true, Duration.ofSeconds(5), null).framing());
        loop.pass(Duration.ofSeconds(5));
        commit(1);
        loop.pass(Duration.ofSeconds(5));

        assertEquals(KEEP_ALIVE + "data: 1\nid: 1\n\n" + KEEP_ALIVE, client.text());
    }

    /** A comment within a frame would cut it in two. */
    @Test
    void waitsForTheEndOfAFrameWithItsComment() {
        Client client = greedy(new BodyForm(false, true, Duration.ofSeconds(5), null).framing());
        Committing.append(run, FrameKind.PART, "data: half");
        at.commitUntold();
        loop.pass(Duration.ofSeconds(30));
        assertEquals("data: half", client.text());
        Committing.append(run, FrameKind.EVENT, " and half\n\n");
        at.commitUntold();
        loop.pass(Duration.ofSeconds(5));
        assertEquals("data: half and half\n\n" + KEEP_ALIVE, client.text());
        Committing.append(run, FrameKind.TAIL, "data: unfinished");
        at.commitUntold();
        loop.pass(Duration.ofSeconds(30));

        assertEquals("data: half and half\n\n" + KEEP_ALIVE + "data: unfinished", client.text());
    }

    /** What a reader is not shown does not keep it from its comment. */
    @Test
    void keepsAwakeBehindAPieceOfTheWireThatMakesNoFrame() {
        Client client = greedy(new BodyForm(false, true, Duration.ofSeconds(5), null).framing());
        Committing.append(run, FrameKind.ENCODED, "x");
        Committing.append(run, "data: 1\n\n");
        Committing.append(run, FrameKind.ENCODED, "y");
        at.commitUntold();
        loop.pass(Duration.ofSeconds(5));
        assertEquals("data: 1\n\n" + KEEP_ALIVE, client.text());
        Committing.append(run, FrameKind.ENCODED, "z");
        Committing.append(run, FrameKind.PART, "data: half");
        Committing.append(run, FrameKind.ENCODED, "z");
        at.commitUntold();
        loop.pass(Duration.ofSeconds(30));

        assertEquals("data: 1\n\n" + KEEP_ALIVE + "data: half", client.text());
    }

    /** More than an item may hold, so that it would end amid the parts. */
    @Test
    void showsATailThePartsOfACompressedEventInOneCommit() {
        Client tail = greedy(new TailFraming(0));
        String half = "data: " + "x".repeat(70 << 10);
        Committing.append(run, FrameKind.ENCODED, "wire");
        Committing.append(run, FrameKind.PART, half);
        Committing.append(run, FrameKind.ENCODED, "wire");
        Committing.append(run, FrameKind.EVENT, "\n\n");
        at.commitUntold();
        assertTimeoutPreemptively(Duration.ofSeconds(30), this::settle);

        assertEquals(half + "\nid: 4\n\n", tail.text());
    }

    /** However many blocks are read of parts, what completes them is looked for once. */
    @ParameterizedTest
    @EnumSource(
            value = FrameKind.class,
            names = {"RESPONSE", "TAIL", "EVENT", "ENCODED"})
    void looksAheadForWhatCompletesPartsOnce(FrameKind last) {
        int parts = 30;
        for (int i = 0; i < parts; i++) {
            Committing.append(run, last == FrameKind.ENCODED ? last : FrameKind.PART, "x".repeat(60 << 10));
        }
        Committing.append(run, last, "\n\n");
        end(Committing.completed());
        int frames = parts + 1;
        Client tail = client(
                new RunSource(
                        run.pk(),
                        run.id(),
                        "owner",
                        null,
                        frames,
                        new RunEnding(run.id(), "completed", null, frames, false)),
                0,
                new TailFraming(0));

        tail.reader.request(Long.MAX_VALUE);
        settle();

        assertTrue(tail.complete);
        assertTrue(at.store.reads() > parts / 2, at.store.reads() + " reads");
        assertTrue(at.store.lookedAhead() <= frames, at.store.lookedAhead() + " frames");
    }

    /** Nor are the same frames looked at again where more have come. */
    @Test
    void looksAheadFromWhereItLookedBefore() {
        Client tail = client(RunSource.of(run, "owner"), 0, new TailFraming(0));
        int frames = 0;
        for (; frames < 60; frames++) {
            Committing.append(run, FrameKind.PART, "x".repeat(60 << 10));
            at.commitUntold();
        }
        loop.run();
        tail.reader.request(Long.MAX_VALUE);
        settle();
        for (; frames < 120; frames++) {
            Committing.append(run, FrameKind.PART, "x".repeat(60 << 10));
            at.commitUntold();
        }
        settle();
        Committing.append(run, FrameKind.EVENT, "\n\n");
        at.commitUntold();
        settle();

        assertTrue(tail.text().endsWith("\nid: 121\n\n"));
        assertTrue(at.store.lookedAhead() <= 121, at.store.lookedAhead() + " frames");
    }

    /** A client drops the mark only where it comes first. */
    @Test
    void leavesTheByteOrderMarkOutOfAStreamWithComments() {
        Client client = greedy(new BodyForm(false, true, Duration.ofSeconds(5), null).framing());
        Client verbatim = greedy();
        loop.pass(Duration.ofSeconds(5));
        Committing.append(run, "\uFEFFdata: 1\n\n");
        Committing.append(run, "data: 2\n\n");
        at.commitUntold();
        settle();

        assertEquals(KEEP_ALIVE + "data: 1\n\ndata: 2\n\n", client.text());
        assertEquals("\uFEFFdata: 1\n\ndata: 2\n\n", verbatim.text());
    }

    @Test
    void keepsAwakeNobodyWhoAskedForNothing() {
        Client client =
                client(RunSource.of(run, "owner"), 0, new BodyForm(false, true, Duration.ofSeconds(5), null).framing());
        loop.pass(Duration.ofMinutes(5));
        assertEquals(List.of(), client.items);
        client.reader.request(1);
        loop.pass(Duration.ofMinutes(5));

        assertEquals(List.of(KEEP_ALIVE), client.items);
    }

    @Test
    void endsATailThatIsTooOldInGoodOrderAndTheNextOneGoesOn() {
        Client tail = tail(0, new TailFraming(0));
        commit(1);
        loop.pass(AGE_MAX.minusMillis(1));
        assertFalse(tail.complete);
        loop.pass(Duration.ofMillis(1));
        commit(1);
        settle();

        assertTrue(tail.complete);
        assertEquals("data: 1\nid: 1\n\n" + KEEP_ALIVE.repeat(3) + COME_BACK, tail.text());
        assertFalse(run.isHeard());
        Client next = tail(1, new TailFraming(0));
        end(Committing.completed());
        settle();
        assertTrue(next.text().startsWith("data: 2\nid: 2\n\nevent: runtape.end\nid: 2\n"), next.text());
    }

    /** A run that has ended is told to its end where nothing but the end is left to tell. */
    @Test
    void endsATailThatIsTooOldOnlyWhereSomethingIsLeft() {
        Client tail = tail(0, new TailFraming(0));
        commit(1);
        loop.run();
        loop.pass(AGE_MAX.minusMillis(1));
        end(Committing.completed());
        loop.pass(Duration.ofMillis(1));

        assertTrue(tail.text().contains("event: runtape.end"), tail.text());
        assertFalse(tail.text().contains("retry:"), tail.text());
    }

    /** Between parts that are sent and the frame that completes them nothing may go out. */
    @Test
    void endsATailThatIsTooOldBetweenFramesOnly() {
        Client tail = new Client();
        TailFraming framing = new TailFraming(0);
        for (int i = 0; i < 3; i++) {
            Committing.append(run, FrameKind.PART, "x".repeat(60 << 10));
        }
        Committing.append(run, FrameKind.EVENT, "data: 1\n\n");
        at.commitUntold();
        delivery.read(RunSource.of(run, "owner"), 0, framing, delivery.tailAge(false), loop.eventLoop())
                .subscribe()
                .withSubscriber(tail);
        tail.reader.request(1);
        settle();
        assertEquals(1, tail.items.size());
        assertFalse(framing.betweenFrames());
        loop.pass(AGE_MAX);
        assertFalse(tail.complete);
        tail.reader.request(Long.MAX_VALUE);
        commit(1);
        settle();

        assertTrue(
                tail.text().endsWith("data: 1\nid: 4\n\n" + COME_BACK),
                tail.text().substring(180 << 10));
        assertTrue(tail.complete);
    }

    /** Without ids it could not go on. */
    @Test
    void letsAVerbatimReaderGrowOld() {
        Client verbatim = tail(0, VerbatimFraming.ofTheWire());
        loop.pass(AGE_MAX.multipliedBy(10));
        commit(1);
        settle();

        assertEquals(recorded(), verbatim.text());
        assertFalse(verbatim.complete);
    }

    /** Readers that came together do not come back together. */
    @Test
    void spreadsTheEndsOfTails() {
        List<Long> left = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            left.add(delivery.tailAge(false).leftNanos());
        }

        assertEquals(100, left.stream().distinct().count());
        assertTrue(left.stream().allMatch(l -> l <= AGE_MAX.toNanos() && l >= AGE_MAX.toNanos() / 10 * 9));
    }

    /** What a reader gets first takes memory until the socket has taken it. */
    @Test
    void sendsWhatComesFirstAndThenTheFramesBehindIt() {
        commit(3);
        List<String> taken = new ArrayList<>();
        Client client = beginningWith("data: so far\n\n", 2, taken);
        commit(1);
        client.reader.request(1);
        settle();
        assertEquals(List.of("data: so far\n\n"), client.items);
        // A client that takes nothing must not keep the room from all others.
        assertEquals(List.of("handed over"), taken);
        client.reader.request(Long.MAX_VALUE);
        settle();
        end(Committing.completed());
        settle();

        assertTrue(
                client.text().startsWith("data: so far\n\ndata: 3\nid: 3\n\ndata: 4\nid: 4\n\nevent: runtape.end\n"),
                client.text());
        assertEquals(List.of("handed over"), taken);
    }

    @Test
    void givesBackTheRoomOfWhatNobodyTook() {
        commit(1);
        List<String> unsent = new ArrayList<>();
        beginningWith("data: so far\n\n", 1, unsent).reader.cancel();
        List<String> untaken = new ArrayList<>();
        Client client = beginningWith("data: so far\n\n", 1, untaken);
        client.reader.request(1);
        client.reader.cancel();
        settle();

        assertEquals(List.of("handed over"), unsent);
        assertEquals(List.of("handed over"), untaken);
    }

    private Client beginningWith(String bytes, long after, List<String> taken) {
        Client client = new Client();
        delivery.read(
                        new Preface(Buffer.buffer(bytes), () -> taken.add("handed over")),
                        RunSource.of(run, "owner"),
                        after,
                        new TailFraming(0),
                        delivery.tailAge(false),
                        loop.eventLoop())
                .subscribe()
                .withSubscriber(client);
        return client;
    }
}
