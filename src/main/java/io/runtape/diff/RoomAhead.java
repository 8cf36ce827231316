package io.runtape.diff;

import java.util.function.LongConsumer;

/**
 * Takes room at once, ahead of its use: two comparisons that grow step by step would wait for each other. Confined to one
 * thread.
 */
final class RoomAhead implements LongConsumer {

    private final LongConsumer room;
    private long ahead;

    RoomAhead(LongConsumer room, long bytes) {
        this.room = room;
        this.ahead = bytes;
        room.accept(bytes);
    }

    /** Uses what was taken, and takes what it needs beyond that. */
    @Override
    public void accept(long bytes) {
        long more = bytes - ahead;
        ahead = Math.max(0, -more);
        if (more > 0) {
            room.accept(more);
        }
    }
}
