package io.runtape.testsupport;

import io.runtape.server.memory.BudgetShare;
import java.util.Arrays;
import java.util.List;

/** A call that waits for room in memory, as the stack of its thread shows it. */
public final class MemoryWait {

    private MemoryWait() {}

    /**
     * Waits until code of a package waits for room in memory.
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
                                && classes.stream().anyMatch(name -> name.startsWith(inPackage + '.')))
                        .findFirst()
                        .orElse(null));
    }
}
