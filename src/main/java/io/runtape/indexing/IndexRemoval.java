package io.runtape.indexing;

import io.quarkus.arc.All;
import io.runtape.history.DeletionHook;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Removes a deleted run from all indexes. */
@Singleton
final class IndexRemoval implements DeletionHook {

    private final List<RunIndex> indexes;

    IndexRemoval(@All List<RunIndex> indexes) {
        this.indexes = indexes;
    }

    @Override
    public void beforeRun(Connection connection, long runPk) throws SQLException {
        for (RunIndex index : indexes) {
            index.remove(connection, runPk);
        }
    }
}
