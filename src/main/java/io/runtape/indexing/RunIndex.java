package io.runtape.indexing;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Something that is derived from runs that have ended. All indexes of some runs are written in one transaction, some time after
 * their end, and anew if an outcome changes. Implementations are beans, called in the order of their priorities, the highest first, and
 * safe for any thread.
 */
public interface RunIndex {

    /**
     * Makes what takes long of the runs, while nothing is locked: who deletes a run waits for its lock.
     *
     * @param runs of any owners, none of them twice
     * @return writes what is derived from them
     */
    Addition prepare(List<EndedRun> runs);

    /** What is derived from runs. */
    @FunctionalInterface
    interface Addition {

        /**
         * Writes it in place of what was written of the runs before. The transaction has locked their rows, so it must not wait for
         * another connection.
         *
         * @param runs those of the prepared ones that are still to be indexed, in the order of their keys
         */
        void write(Connection connection, List<EndedRun> runs) throws SQLException;
    }

    /** About how many bytes of memory is taken for what is made of the run; 0 where that is no more than was read of it. */
    default long bytesMade(EndedRun run) {
        return 0;
    }

    /** Removes what was written of the run, in the transaction that deletes it, which has locked its row. */
    void remove(Connection connection, long runPk) throws SQLException;

    /**
     * Does a piece of what is left to do, if anything is, while few runs are to be indexed.
     *
     * @param connection in auto-commit mode
     * @return whether it did something
     */
    default boolean tidy(Connection connection) throws SQLException {
        return false;
    }
}
