package io.runtape.journal;

import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import java.util.concurrent.Executor;

/** Is notified of a run's commits. All calls come on its loop, in the order of the commits. */
public interface CommitListener {

    /** The event loop that the calls come on. One task for each commit notifies all listeners of a loop. */
    Executor loop();

    /** These frames, which follow those of the previous call, are durable. */
    void committed(FrameBlock frames);

    /** The run's end is durable; no call follows. */
    void ended(RunEnd end);

    /**
     * This gateway gives the run up, and no end is durable yet. Who passes on a call of its own takes this end for the run's, and
     * does so unless it overrides this.
     *
     * @param endFollows whether this end becomes durable as soon as the store takes it, which {@link #ended} tells; otherwise the
     *     store may have more of the run, and another end
     */
    default void brokeOff(RunEnd end, boolean endFollows) {
        ended(end);
    }

    /** The run can no longer be read; no call follows. */
    void gone();
}
