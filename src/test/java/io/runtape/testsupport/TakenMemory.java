package io.runtape.testsupport;

import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.ByteBudget;

/** Memory that a test holds, so that others find no room. */
public final class TakenMemory {

    private TakenMemory() {}

    /** So much of the budget, as soon as what others hold leaves room for it, such as indexing. The caller closes it. */
    public static BudgetShare of(ByteBudget budget, long bytes) {
        BudgetShare share = budget.share();
        RunTable.await("others leave room", () -> share.tryTake(bytes) ? true : null);
        return share;
    }

    /** More than all of the budget: large shares find no room beside it. The caller closes it. */
    public static BudgetShare allOf(ByteBudget budget) {
        return of(budget, Runtime.getRuntime().maxMemory());
    }
}
