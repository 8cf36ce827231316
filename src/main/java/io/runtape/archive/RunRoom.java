package io.runtape.archive;

import java.util.function.LongConsumer;

/** Room for what an import keeps of a run until the run ends, beside its lines. Confined to one thread at a time. */
final class RunRoom implements AutoCloseable {

    private final LongConsumer room;
    private long kept;
    private long taken;

    /** @param room gets how many bytes more are about to be kept, or how many fewer, as a negative number; may wait, and may refuse */
    RunRoom(LongConsumer room) {
        this.room = room;
    }

    /** So many bytes more are kept, or fewer, as a negative number. Few take no room that must be asked for. */
    void change(long bytes) {
        kept += bytes;
        long needed = kept > LineCutter.SHORT ? kept : 0;
        long more = needed - taken;
        if (more != 0) {
            room.accept(more);
            taken = needed;
        }
    }

    /** Nothing is kept any more. */
    @Override
    public void close() {
        change(-kept);
    }
}
