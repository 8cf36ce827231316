package io.runtape.journal.sql;

import io.runtape.run.RunKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/**
 * What a run may have to get before its row is written: one that does not is left out of the commit, which goes on for all
 * others. Called by the committer's thread alone.
 */
public interface RunClaims {

    /**
     * Claims for those runs that begin and ask for something ({@link RunWrite#claimsKey}), in the transaction of the connection.
     *
     * @return the runs that did not get it
     */
    Set<RunKey> taken(Connection connection, List<RunWrite> writes) throws SQLException;
}
