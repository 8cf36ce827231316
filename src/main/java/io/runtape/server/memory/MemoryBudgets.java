package io.runtape.server.memory;

import jakarta.inject.Singleton;

/**
 * The budgets of this gateway, as parts of its heap. Not constants: a native image would take the heap of the build
 * machine. Safe for any thread.
 */
@Singleton
public final class MemoryBudgets {

    private static final int BODIES_PART = 8;
    private static final int ANSWERS_PART = 16;

    /** The part of a budget that is reserved for small shares. */
    private static final int RESERVED_PART = 4;

    private final ByteBudget bodies = part(BODIES_PART);
    private final ByteBudget answers = part(ANSWERS_PART);

    private static ByteBudget part(int ofHeap) {
        long max = Runtime.getRuntime().maxMemory() / ofHeap;
        return new ByteBudget(max, max / RESERVED_PART);
    }

    /**
     * For request bodies, from their arrival until they are stored and sent: an eighth of the heap. A body counts three
     * times, since at most three forms of it exist.
     */
    public ByteBudget bodies() {
        return bodies;
    }

    /** For responses of the history while the gateway makes and sends them: a sixteenth of the heap. */
    public ByteBudget answers() {
        return answers;
    }
}
