package io.runtape.testsupport;

import io.runtape.server.memory.BudgetShare;
import java.util.Arrays;
import java.util.List;

/** A call to the gateway that waits for room in memory, as the stack of its thread shows it. */
public final class MemoryWait {

    /** It waits for the same memory now and then, with code of other packages. */
    private static final String INDEXING = "io.runtape.indexing.";

    private MemoryWait() {}

    /**
     * Waits until code of a package waits for room in memory, and not for indexing.
     *
     * @param inPackage the name of the package
     * @return the names of the classes on the thread's stack
     */
    public static List<String> await(String inPackage) {
        return RunTable.await(
                "code of " + inPackage + " waits for room",
                () -> Thread.getAllStackTraces().values().stream()
                        .map(stack -> Arrays.stream(stack)
                                .map(StackTraceElement::getClassName)
                                .toList())
                        .filter(classes -> classes.contains(BudgetShare.class.getName())
                                && classes.stream().anyMatch(name -> name.startsWith(inPackage + '.'))
                                && classes.stream().noneMatch(name -> name.startsWith(INDEXING)))
                        .findFirst()
                        .orElse(null));
    }
}
