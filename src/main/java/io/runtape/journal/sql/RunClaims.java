package io.runtape.journal.sql;

import io.runtape.run.RunKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/**
 * Claims what a run needs before its row is written. The commit drops a run that does not get it, and goes on with all
 * others. Only the committer's thread calls it.
 */
public interface RunClaims {

    /**
     * Claims for those runs that begin and need a key ({@link RunWrite#claimsKey}), in the connection's transaction.
     *
     * @return the runs that did not get their key
     */
    Set<RunKey> taken(Connection connection, List<RunWrite> writes) throws SQLException;
}
