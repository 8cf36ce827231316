package io.runtape.delivery;

import io.runtape.run.FrameBlock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The commits that one reader of a live run has not got yet. Its bytes count among those of all readers' queues. Confined to
 * the event loop of the reader.
 */
final class CommitQueue {

    /** How many bytes may wait: enough for a few commits, and little enough for thousands of readers. */
    private static final long BYTES_MAX = 1 << 20;

    /**
     * The most bytes of an item: so few that no reader holds up its event loop, or holds much that its client does not
     * take.
     */
    private static final int ITEM_BYTES_MAX = 64 << 10;

    private final Delivery delivery;
    private final Deque<FrameBlock> blocks = new ArrayDeque<>();
    private long bytes;

    CommitQueue(Delivery delivery) {
        this.delivery = delivery;
    }

    void add(FrameBlock frames) {
        blocks.add(frames);
        count(frames.weight());
    }

    /** Whether more waits than this reader, or all readers together, may let wait. */
    boolean isOverfull() {
        return bytes > BYTES_MAX || delivery.isFull();
    }

    /** The commit that comes first; null if none waits. */
    @Nullable
    FrameBlock first() {
        return blocks.peek();
    }

    /** Removes the commit that comes first. */
    void removeFirst() {
        count(-blocks.remove().weight());
    }

    /**
     * Takes frames up to the bound of an item; a block of which only some go out stays in the queue. Call it only if
     * the first commit goes on from there.
     *
     * @param position the last sequence that the reader has
     */
    List<FrameBlock> takeItem(long position) {
        List<FrameBlock> taken = new ArrayList<>(blocks.size());
        int length = 0;
        while (length < ITEM_BYTES_MAX && !blocks.isEmpty()) {
            FrameBlock next = blocks.element();
            int from = (int) Math.max(0, position + 1 - next.first());
            FrameBlock some = next.upToBytes(from, ITEM_BYTES_MAX - length);
            length += some.length() - some.start(from);
            taken.add(some);
            if (some != next) {
                break;
            }
            removeFirst();
        }
        return taken;
    }

    void clear() {
        blocks.clear();
        count(-bytes);
    }

    private void count(long more) {
        bytes += more;
        delivery.queued(more);
    }
}
