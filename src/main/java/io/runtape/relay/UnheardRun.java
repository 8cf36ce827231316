package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.cluster.RemoteReaders;
import io.runtape.cluster.RunFollowers.Readers;
import io.runtape.journal.RunJournal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * A run whose client is gone and that ends with its readers: is cancelled if no reader comes to any gateway in time.
 * Confined to the event loop of the call.
 */
final class UnheardRun {

    private static final Logger LOG = Logger.getLogger(UnheardRun.class);

    /** The pause before it checks again for readers at other gateways, if that is uncertain. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final RunJournal run;
    private final RemoteReaders readersElsewhere;
    private final EventLoop loop;
    private final BooleanSupplier goesOn;
    private final Runnable cancel;

    /**
     * @param goesOn whether there is still something to cancel
     * @param cancel cancels the run
     */
    UnheardRun(
            RunJournal run, RemoteReaders readersElsewhere, EventLoop loop, BooleanSupplier goesOn, Runnable cancel) {
        this.run = run;
        this.readersElsewhere = readersElsewhere;
        this.loop = loop;
        this.goesOn = goesOn;
        this.cancel = cancel;
    }

    /** Cancels the run after this time, unless it has a reader then. */
    void cancelAfter(Duration time) {
        loop.schedule(this::lookForReaders, time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void lookForReaders() {
        if (isOver()) {
            return;
        }
        readersElsewhere.of(run, loop).subscribe().with(this::cancelUnlessHeard, e -> {
            LOG.debugf(
                    e,
                    "readers of run %s at other gateways are unknown",
                    run.start().id());
            cancelAfter(LOOK_AGAIN);
        });
    }

    /** Meanwhile a reader may have come here, or the run may have ended. */
    private void cancelUnlessHeard(Readers elsewhere) {
        if (isOver()) {
            return;
        }
        switch (elsewhere) {
            case NOBODY -> cancel.run();
            case EXPECTED -> cancelAfter(LOOK_AGAIN);
            case READING ->
                LOG.debugf("run %s has a reader at another gateway", run.start().id());
        }
    }

    private boolean isOver() {
        return !goesOn.getAsBoolean() || run.isHeard();
    }
}
