package io.runtape.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskSpaceTest {

    @Test
    void looksAtTheDiskOfTheFile(@TempDir Path directory) throws SQLException {
        // Linux: a file system that has no room for anything.
        assumeTrue(Files.isDirectory(Path.of("/proc/self")));

        SQLException full = assertThrows(
                SQLException.class, () -> DiskSpace.require("jdbc:h2:file:/proc/none/such/runtape;MODE=PostgreSQL", 1));

        assertEquals("53100", full.getSQLState());
        DiskSpace.require("jdbc:h2:file:" + directory + "/none/such/runtape;MODE=PostgreSQL", 1);
        DiskSpace.require("jdbc:postgresql://db/proc", Long.MAX_VALUE);
    }
}
