package io.runtape.idempotency;

import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoop;
import io.runtape.delivery.RunSource;
import io.runtape.delivery.RunSources;
import io.runtape.run.Run;
import io.runtape.run.RunStatus;
import io.runtape.store.BlockingWork;
import io.runtape.testsupport.HandRunLoop;
import io.smallrye.mutiny.Uni;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;

/** Repeats wait for the head of another gateway's run for as long as the agent takes, and there may be very many. */
class RecordedResponsesTest {

    private final EventLoop loop = new HandRunLoop().eventLoop();
    private final RecordedResponses responses = new RecordedResponses(null, null, null, new BlockingWork());

    @Test
    void holdsNoRunWhileItWaitsForItsHead() {
        Run run = running();
        WeakReference<Run> held = new WeakReference<>(run);

        Uni<RecordedResponse> waiting = responses.withHead(responseOf(run), 0, loop);
        run = null;

        await().until(() -> {
            System.gc();
            return held.get() == null;
        });
        Reference.reachabilityFence(waiting);
    }

    private static Run running() {
        Run run = new Run();
        run.runPk = 1L;
        run.id = "run_waited_for";
        run.owner = "somebody";
        run.status = RunStatus.RUNNING.label();
        return run;
    }

    private static RecordedResponse responseOf(Run run) {
        RunSource elsewhere = new RunSource(run.runPk, run.id, run.owner, null, 0, null);
        return new RecordedResponse(new RunSources.Found(run, elsewhere), null);
    }
}
