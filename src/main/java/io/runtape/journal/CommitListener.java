package io.runtape.journal;

import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import java.util.concurrent.Executor;

/** Is told what of a run has become durable. All calls come on its loop, in the order of the commits. */
public interface CommitListener {

    /** The event loop that the calls come on. Listeners that name the same one are told in one task a commit. */
    Executor loop();

    /** These frames, which follow those of the call before, are durable. */
    void committed(FrameBlock frames);

    /** The run's end is durable; no call follows. */
    void ended(RunEnd end);

    /** The run is no longer there to be read; no call follows. */
    void gone();
}
