package io.runtape.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.subscription.Cancellable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BlockingWorkTest {

    private static final long PATIENCE_SECONDS = 30;

    /** What waits for the loop, which is this test's thread. */
    private final BlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();

    private final List<Throwable> dropped = Collections.synchronizedList(new ArrayList<>());
    private final List<Object> heard = new ArrayList<>();
    private final BlockingWork work = new BlockingWork();

    @BeforeEach
    void hearOfWhatIsDropped() {
        Infrastructure.setDroppedExceptionHandler(dropped::add);
    }

    @AfterEach
    void hearNoMore() {
        work.stop();
        Infrastructure.resetDroppedExceptionHandler();
    }

    private Cancellable begin(Exception failure) {
        return work.onWorker(
                        () -> {
                            throw failure;
                        },
                        loop::add)
                .map(item -> item)
                .onFailure(IllegalArgumentException.class)
                .recoverWithItem("recovered")
                .subscribe()
                .with(heard::add, heard::add);
    }

    private Runnable nextOnLoop() throws InterruptedException {
        Runnable task = loop.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertTrue(task != null, "nothing came to the loop");
        return task;
    }

    @Test
    void failsOnTheLoopWithWhatTheWorkThrew() throws Exception {
        IllegalStateException failure = new IllegalStateException("of the work");
        begin(failure);

        nextOnLoop().run();

        assertEquals(List.of(failure), heard);
    }

    @Test
    void dropsNoFailureOfWorkThatWasGivenUpMeanwhile() throws Exception {
        Cancellable request = begin(new IllegalStateException("of the work"));
        Runnable failing = nextOnLoop();

        request.cancel();
        failing.run();

        assertEquals(List.of(), heard);
        assertEquals(List.of(), dropped);
    }
}
