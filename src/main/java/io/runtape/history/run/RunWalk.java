package io.runtape.history.run;

import io.runtape.run.Run;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Goes over the runs of a listing, one read each, and keeps only its position in between. Blocks; for one thread at a time. */
public interface RunWalk {

    /** The next run; null after the last, and where a short read found none. */
    @Nullable
    Run next() throws SQLException;

    /** Whether the last run was returned. */
    boolean isOver();

    /** How many runs it has passed over since retention has deleted their frames. */
    long withoutFrames();

    /** The cursor of the listing that goes on behind the run that was returned last; null if there is no listing. */
    @Nullable
    String cursor();
}
