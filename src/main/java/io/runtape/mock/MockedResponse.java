package io.runtape.mock;

import io.netty.channel.EventLoop;
import io.runtape.delivery.BrokenOffException;
import io.runtape.delivery.Delivery;
import io.runtape.delivery.Playback;
import io.runtape.delivery.RunSources;
import io.runtape.error.ApiException;
import io.runtape.run.FrameBlock;
import io.runtape.run.FrameReader;
import io.runtape.run.Run;
import io.runtape.store.EpochMicros;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A recorded response that is to be given again, and what goes wrong with it.
 *
 * @param found its run
 * @param headMicros when its head came, in microseconds after the beginning of the call
 * @param fault what goes wrong; null for nothing
 * @param faultBeforeMicros when the frame before the fault came
 * @param faultMicros when the frame of the fault came
 * @param splitAt where the frame of the fault is split, in bytes
 */
record MockedResponse(
        RunSources.Found found,
        long headMicros,
        @Nullable Fault fault,
        long faultBeforeMicros,
        long faultMicros,
        int splitAt) {

    /** Long enough that the two pieces of a character come apart. */
    private static final Duration SPLIT = Duration.ofMillis(20);

    /**
     * Prepares the response of a run. Blocks.
     *
     * @throws ApiException 400 if the recording has no frame for the fault, 409 if the run has not ended, 410 if its frames
     *     are deleted
     */
    static MockedResponse of(RunSources.Found found, @Nullable Fault fault, FrameReader frames) throws SQLException {
        if (found.source().live() != null) {
            throw ApiException.runActive();
        }
        found.requireFrames();
        Run run = found.run();
        long last = found.source().durableSequence();
        long head = headMicros(run, last, frames);
        if (fault == null || !fault.isAtFrame()) {
            return new MockedResponse(found, head, fault, 0, 0, 0);
        }
        if (fault.number() > last) {
            throw ApiException.invalid("Runtape-Fault names frame " + fault.number() + ", and the recording has " + last
                    + (last == 1 ? " frame." : " frames."));
        }
        Split split = fault.kind() == Fault.Kind.SPLIT_UTF8
                ? split(run.runPk, fault.number(), last, frames)
                : new Split(fault.number(), 0);
        long before = split.frame == 1 ? head : frames.offsetMicros(run.runPk, split.frame - 1);
        return new MockedResponse(
                found,
                head,
                new Fault(fault.kind(), split.frame),
                before,
                frames.offsetMicros(run.runPk, split.frame),
                split.at);
    }

    /** Of a run that was recorded without it, when its first bytes came. */
    private static long headMicros(Run run, long last, FrameReader frames) throws SQLException {
        if (run.headMicros != null) {
            return run.headMicros;
        }
        return last > 0 ? frames.offsetMicros(run.runPk, 1) : durationMicros(run);
    }

    private static long durationMicros(Run run) {
        return run.completedAt == null ? 0 : EpochMicros.of(run.completedAt) - EpochMicros.of(run.createdAt);
    }

    /** The frame to split, and where in it. */
    private record Split(long frame, int at) {}

    private static Split split(long runPk, long from, long last, FrameReader frames) throws SQLException {
        long after = from - 1;
        while (after < last) {
            FrameBlock block = frames.block(runPk, after, last, FrameReader.FIRST_BLOCK_FRAMES);
            if (block.count() == 0) {
                break;
            }
            for (int i = 0; i < block.count(); i++) {
                for (int at = block.start(i) + 1; at < block.end(i); at++) {
                    if ((block.bytes()[at] & 0xC0) == 0x80) {
                        return new Split(block.sequence(i), at - block.start(i));
                    }
                }
            }
            after = block.last();
        }
        throw ApiException.invalid("Runtape-Fault asks for a character in two pieces, and from frame " + from
                + " on the recording has none of several bytes.");
    }

    /** The body, from the head on. */
    Multi<Buffer> body(Delivery delivery, double speed, EventLoop loop) {
        Run run = found.run();
        Playback played = delivery.playback(found.source().endingAsAnswered(run.cut), speed, loop);
        Fault wrong = fault;
        if (wrong == null) {
            return played.rest(0, headMicros);
        }
        long at = wrong.number();
        return switch (wrong.kind()) {
            case CUT ->
                inTurn(
                        played.part(0, at - 1, headMicros),
                        Multi.createFrom().failure(() -> new BrokenOffException("a fault was asked for")));
            case STALL ->
                inTurn(played.part(0, at - 1, headMicros), Multi.createFrom().nothing());
            case DUPLICATE ->
                inTurn(
                        played.part(0, at, headMicros),
                        played.part(at - 1, at, faultMicros),
                        played.rest(at, faultMicros));
            case SPLIT_UTF8 ->
                inTurn(
                        played.part(0, at - 1, headMicros),
                        inTwo(played.part(at - 1, at, faultBeforeMicros), loop),
                        played.rest(at, faultMicros));
            case STATUS -> throw new IllegalStateException("a status has no body of the recording");
        };
    }

    @SafeVarargs
    private static Multi<Buffer> inTurn(Multi<Buffer>... parts) {
        return Multi.createBy().concatenating().streams(parts);
    }

    private Multi<Buffer> inTwo(Multi<Buffer> frame, EventLoop loop) {
        return frame.onItem()
                .transformToMultiAndConcatenate(bytes -> inTurn(
                        Multi.createFrom().item(bytes.slice(0, splitAt)),
                        Multi.createFrom()
                                .item(bytes.slice(splitAt, bytes.length()))
                                .onItem()
                                .call(() -> Uni.createFrom()
                                        .nullItem()
                                        .onItem()
                                        .delayIt()
                                        .onExecutor(loop)
                                        .by(SPLIT))));
    }

    /** The response's status. */
    int status() {
        return Objects.requireNonNull(found.run().upstreamStatus);
    }
}
