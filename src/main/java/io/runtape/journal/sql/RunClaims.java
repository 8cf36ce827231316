package io.runtape.journal.sql;

import io.runtape.run.RunKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/**
 * Claims the idempotency keys that runs need before their rows are written. The commit drops a run that does not get
 * its key, and goes on with all others. Only the committer's thread calls it.
 */
public interface RunClaims {

    /**
     * Claims the keys of the runs that begin and need a key ({@link RunWrite#claimsKey}), in the connection's
     * transaction.
     *
     * @return the runs that did not get their key
     */
    Set<RunKey> taken(Connection connection, List<RunWrite> writes) throws SQLException;
}
