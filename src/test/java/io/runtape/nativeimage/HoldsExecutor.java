package io.runtape.nativeimage;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

final class HoldsExecutor {

    static final ScheduledExecutorService EXECUTOR = Executors.newSingleThreadScheduledExecutor();

    private HoldsExecutor() {}
}
