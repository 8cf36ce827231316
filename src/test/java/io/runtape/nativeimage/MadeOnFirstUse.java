package io.runtape.nativeimage;

import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;

final class MadeOnFirstUse {

    static final AtomicReference<Object> MADE = new AtomicReference<>();

    private MadeOnFirstUse() {}

    static Object made() {
        return MADE.updateAndGet(made -> made == null ? new Random(System.nanoTime()) : made);
    }
}
